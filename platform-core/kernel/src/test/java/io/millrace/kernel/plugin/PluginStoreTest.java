package io.millrace.kernel.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.plugin.PluginChange.Kind;
import io.millrace.kernel.plugin.StoredPlugin.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A kill between any two steps of a change leaves the old state or the new one. The steps: stage, move the file, write the draft, rename it. */
class PluginStoreTest {

    @TempDir
    Path folder;

    private StoredPlugin old;

    @BeforeEach
    void storeOneVersion() throws IOException {
        PluginStore store = store();
        store.open();
        old = put(store, "1.0.0", "old content");
    }

    private PluginStore store() {
        return new PluginStore(folder, 0, InstantSource.system());
    }

    private static StoredPlugin plugin(String version, String content) {
        return new StoredPlugin("greeter", version, content.hashCode() + ".jar", content.length(), "source of " + content, "", Origin.OPERATOR);
    }

    private static StoredPlugin put(PluginStore store, String version, String content) throws IOException {
        Path staged = Files.writeString(store.workFolder().resolve("bundle.jar"), content);
        StoredPlugin plugin = plugin(version, content);
        store.put(plugin, staged, Kind.UPDATED);
        return plugin;
    }

    private DesiredState reopened() throws IOException {
        return store().open();
    }

    @Test
    void killedWhileStagingTheOldStays() throws IOException {
        Files.writeString(store().workFolder().resolve("bundle.jar"), "half a fi");
        assertThat(reopened().plugins()).containsOnly(java.util.Map.entry("greeter", old));
        assertThat(folder.resolve("staging")).isEmptyDirectory();
    }

    @Test
    void killedAfterMovingTheFileTheOldStaysAndTheFileGoes() throws IOException {
        Path orphan = Files.writeString(folder.resolve("files/new.jar"), "new content");
        assertThat(reopened().plugins()).containsOnly(java.util.Map.entry("greeter", old));
        assertThat(orphan).doesNotExist();
        assertThat(folder.resolve("files").resolve(old.file())).hasContent("old content");
    }

    @Test
    void killedWhileWritingTheDraftTheOldStays() throws IOException {
        Files.writeString(folder.resolve("plugins.json.new"), "{\"format\": 1, \"plug");
        assertThat(reopened().plugins()).containsOnly(java.util.Map.entry("greeter", old));
    }

    @Test
    void killedAfterTheRenameTheNewIsThereAndTheOldFileGoes() throws IOException {
        PluginStore store = store();
        store.open();
        StoredPlugin next = put(store, "2.0.0", "new content");
        // As if the deletion of what nobody uses any more had not happened.
        Path left = Files.writeString(folder.resolve("files").resolve(old.file()), "old content");
        assertThat(reopened().plugins()).containsOnly(java.util.Map.entry("greeter", next));
        assertThat(left).doesNotExist();
        assertThat(folder.resolve("files").resolve(next.file())).hasContent("new content");
    }

    @Test
    void aChangeThatCannotBeWrittenChangesNothing() throws IOException {
        PluginStore store = store();
        store.open();
        // A folder stands where the draft is to be written.
        Files.createDirectory(folder.resolve("plugins.json.new"));
        assertThatThrownBy(() -> put(store, "2.0.0", "new content")).isInstanceOf(IOException.class);
        assertThat(store.state().plugins()).containsOnly(java.util.Map.entry("greeter", old));
        assertThatThrownBy(() -> store.remove("greeter")).isInstanceOf(IOException.class);
        assertThat(store.state().plugins()).containsKey("greeter");
    }

    @Test
    void aRemovalIsRememberedAndAnInstallationForgetsIt() throws IOException {
        PluginStore store = store();
        store.open();
        store.remove("greeter");
        assertThat(reopened().removed()).containsExactly("greeter");
        put(store, "1.0.0", "old content");
        assertThat(reopened().removed()).isEmpty();
    }

    @Test
    void anUnreadableListIsNamedAndLeftAlone() throws IOException {
        Files.writeString(folder.resolve("plugins.json"), "nonsense");
        assertThatThrownBy(this::reopened).isInstanceOf(IOException.class).hasMessageContaining(folder.resolve("plugins.json").toString());
        assertThat(folder.resolve("plugins.json")).hasContent("nonsense");
        assertThat(folder.resolve("files").resolve(old.file())).exists();
    }

    @Test
    void aListOfALaterFormatIsRefused() throws IOException {
        Files.writeString(folder.resolve("plugins.json"), "{\"format\": 2}");
        assertThatThrownBy(this::reopened).hasMessageContaining("its format is '2'");
    }
}
