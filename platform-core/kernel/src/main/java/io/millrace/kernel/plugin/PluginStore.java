package io.millrace.kernel.plugin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.millrace.api.plugin.PluginChange.Kind;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The plugin files of a node and the list of those that are to run: {@code plugins.json}, {@code files/<sha-256>.jar}, {@code staging/}.
 * The list is replaced in one step and names only files that are on stable storage, so a crash at any moment leaves the old list or the new
 * one, each complete. Thread-safe.
 */
final class PluginStore {

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Path folder;
    private final int keptVersions;
    private final InstantSource clock;
    private DesiredState state;
    /** Told after each change of the folder: a process may be killed at any of them. */
    private Consumer<String> observer = _ -> {};

    /** @param keptVersions how many earlier versions of each plugin stay for a roll-back */
    PluginStore(Path folder, int keptVersions, InstantSource clock) {
        this.folder = folder;
        this.keptVersions = keptVersions;
        this.clock = clock;
    }

    /** @throws IOException naming the file and the mend, if the list cannot be read; nothing is changed then */
    synchronized DesiredState open() throws IOException {
        Files.createDirectories(files());
        deleteTree(staging());
        Files.createDirectories(staging());
        state = read();
        deleteUnused();
        return state;
    }

    synchronized void observe(Consumer<String> newObserver) {
        observer = newObserver;
    }

    synchronized DesiredState state() {
        return state;
    }

    /** A new empty folder for one operation; {@link #discard} it afterwards. Left-overs are deleted at the next start. */
    Path workFolder() throws IOException {
        Files.createDirectories(staging());
        return Files.createTempDirectory(staging(), "work");
    }

    void discard(Path workFolder) {
        try {
            deleteTree(workFolder);
        } catch (IOException e) {
            // Garbage in the staging folder harms nobody and goes at the next start.
        }
    }

    Path file(StoredPlugin plugin) {
        return files().resolve(plugin.file());
    }

    /**
     * Takes the staged bundle over and makes it the current version of its plugin. Durable on return; on an exception nothing has changed.
     *
     * @param staged the file, or null if the store has it from before
     */
    synchronized void put(StoredPlugin plugin, Path staged, Kind kind) throws IOException {
        take(plugin, staged);
        write(state.with(plugin, kind, clock.millis()));
    }

    /** Like {@link #put}, but the current version stays. */
    synchronized void putBeside(StoredPlugin plugin, Path staged) throws IOException {
        take(plugin, staged);
        write(state.withBeside(plugin, clock.millis()));
    }

    private void take(StoredPlugin plugin, Path staged) throws IOException {
        if (staged != null) {
            force(staged);
            Files.move(staged, file(plugin), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            forceFolder(files());
            observer.accept("file taken");
        }
    }

    /** All versions. Durable on return; on an exception nothing has changed. */
    synchronized void remove(String name) throws IOException {
        write(state.without(name, clock.millis()));
    }

    /** Durable on return; on an exception nothing has changed. */
    synchronized void removeBeside(StoredPlugin plugin) throws IOException {
        write(state.withoutBeside(plugin, clock.millis()));
    }

    /** Something to remember that changes nothing else. */
    synchronized void note(StoredPlugin plugin, Kind kind, String detail) throws IOException {
        write(state.noting(new StoredChange(kind, clock.millis(), detail, plugin)));
    }

    /** Earlier versions whose files are here, the latest first. */
    synchronized List<StoredPlugin> kept(String name) {
        return state.kept(name, keptVersions).stream().filter(plugin -> Files.isRegularFile(file(plugin))).toList();
    }

    private void write(DesiredState next) throws IOException {
        Path target = list();
        Path draft = folder.resolve("plugins.json.new");
        Files.write(draft, JSON.writeValueAsBytes(next.asMap()));
        force(draft);
        observer.accept("list drafted");
        Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        forceFolder(folder);
        state = next;
        observer.accept("list replaced");
        deleteUnused();
        observer.accept("unused deleted");
    }

    private DesiredState read() throws IOException {
        JsonNode root;
        try {
            root = JSON.readTree(Files.readAllBytes(list()));
        } catch (NoSuchFileException e) {
            return DesiredState.NONE;
        } catch (IOException e) {
            throw unreadable(e.getMessage().lines().findFirst().orElse(""), e);
        }
        if (root.path("format").asInt() != 1) {
            throw unreadable("its format is '" + root.path("format").asText() + "', this version of Millrace knows 1", null);
        }
        try {
            SortedMap<String, StoredPlugin> plugins = new TreeMap<>();
            for (JsonNode node : root.path("plugins")) {
                StoredPlugin plugin = JSON.treeToValue(node, StoredPlugin.class);
                plugins.put(plugin.name(), plugin);
            }
            List<StoredPlugin> beside = new ArrayList<>();
            for (JsonNode node : root.path("beside")) {
                beside.add(JSON.treeToValue(node, StoredPlugin.class));
            }
            SortedSet<String> removed = new TreeSet<>();
            root.path("removed").forEach(node -> removed.add(node.asText()));
            SortedMap<String, List<StoredChange>> history = new TreeMap<>();
            for (Map.Entry<String, JsonNode> entry : root.path("history").properties()) {
                List<StoredChange> changes = new ArrayList<>();
                for (JsonNode node : entry.getValue()) {
                    changes.add(JSON.treeToValue(node, StoredChange.class));
                }
                history.put(entry.getKey(), List.copyOf(changes));
            }
            return new DesiredState(plugins, List.copyOf(beside), removed, history);
        } catch (IOException | RuntimeException e) {
            throw unreadable(String.valueOf(e.getMessage()).lines().findFirst().orElse(""), e);
        }
    }

    private IOException unreadable(String why, Exception cause) {
        return new IOException("plugin list " + list() + " cannot be read: " + why
                + "; mend it, or move it away and install the plugins again", cause);
    }

    private void deleteUnused() {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(files())) {
            for (Path file : all) {
                if (!state.uses(file.getFileName().toString(), keptVersions)) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            // What cannot be deleted now is tried again with the next change.
        }
    }

    private Path list() {
        return folder.resolve("plugins.json");
    }

    private Path files() {
        return folder.resolve("files");
    }

    private Path staging() {
        return folder.resolve("staging");
    }

    private static void force(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    private static void forceFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(folder)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
