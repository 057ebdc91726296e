package io.millrace.kernel.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.plugin.Plugin;
import io.millrace.api.plugin.PluginException;
import io.millrace.api.plugin.PluginManager.PluginInfo;
import io.millrace.api.plugin.PluginManager.State;
import io.millrace.api.plugin.PluginScope;
import io.millrace.kernel.plugin.sample.FailingActivator;
import io.millrace.kernel.plugin.sample.Greeting;
import io.millrace.kernel.plugin.sample.StayingDriver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Bundle;

class LivePluginsTest {

    @TempDir
    Path temp;

    private Path greeter(String version) {
        return PluginJar.bundle("greeter", version).provides(Supplier.class, Greeting.class).writeTo(temp.resolve("greeter-" + version + ".jar"));
    }

    @Test
    void anInstalledPluginArrivesAtItsHostAndItsClassesLoadInItsScope() throws Exception {
        try (Platform platform = Platform.in(temp.resolve("data"))) {
            RecordingHost host = new RecordingHost("connect");
            platform.register(host);
            PluginInfo info = platform.plugins.install(greeter("1.0.0"));

            assertThat(info).isEqualTo(new PluginInfo("greeter", "1.0.0", State.ACTIVE, ""));
            assertThat(host.calls).containsExactly("arrived 1.0.0");
            Plugin plugin = host.running;
            assertThat(plugin.providers(Supplier.class.getName())).containsExactly(Greeting.class.getName());
            try (var _ = PluginScope.of(plugin)) {
                Class<?> type = plugin.load(Greeting.class.getName());
                assertThat(type).isNotEqualTo(Greeting.class);
                assertThat(((Supplier<?>) type.getConstructor().newInstance()).get()).isEqualTo("hello from plugin greeter");
            }
        }
    }

    @Test
    void aHostThatComesLaterIsToldOfRunningPluginsOnce() throws Exception {
        try (Platform platform = Platform.in(temp.resolve("data"))) {
            platform.plugins.install(greeter("1.0.0"));
            RecordingHost late = new RecordingHost("streams");
            platform.register(late);
            assertThat(Await.until(() -> !late.calls.isEmpty())).isTrue();
            platform.plugins.restore();
            assertThat(late.calls).containsExactly("arrived 1.0.0");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"managed", "multiple"})
    void anUpdateRunsBesideTheOldVersionThenReplacesIt(String bsnVersion) throws Exception {
        try (Platform platform = Platform.in(temp.resolve("data"), bsnVersion)) {
            RecordingHost host = new RecordingHost("connect");
            platform.register(host);
            platform.plugins.install(greeter("1.0.0"));
            assertThat(platform.plugins.update("greeter", greeter("1.1.0")).version()).isEqualTo("1.1.0");

            assertThat(host.calls).containsExactly("arrived 1.0.0", "validate 1.0.0 > 1.1.0", "handOver 1.0.0 > 1.1.0");
            assertThat(platform.pluginBundles()).singleElement()
                    .satisfies(bundle -> assertThat(bundle.getVersion().toString()).isEqualTo("1.1.0"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"managed", "multiple"})
    void aRebuildOfTheSameVersionIsAnUpdateToo(String bsnVersion) throws Exception {
        try (Platform platform = Platform.in(temp.resolve("data"), bsnVersion)) {
            RecordingHost host = new RecordingHost("connect");
            platform.register(host);
            platform.plugins.install(greeter("1.0.0"));
            Plugin before = host.running;
            platform.plugins.update("greeter", greeter("1.0.0"));
            assertThat(host.running).isNotSameAs(before);
            assertThat(platform.pluginBundles()).hasSize(1);
        }
    }

    @Test
    void aRefusedValidationLeavesTheOldVersionUndisturbed() throws Exception {
        try (Platform platform = Platform.in(temp.resolve("data"))) {
            RecordingHost host = new RecordingHost("connect");
            platform.register(host);
            platform.plugins.install(greeter("1.0.0"));
            Plugin before = host.running;
            Bundle bundle = platform.pluginBundles().getFirst();
            long changed = bundle.getLastModified();
            host.refuseValidation = true;

            assertThatThrownBy(() -> platform.plugins.update("greeter", greeter("2.0.0")))
                    .isInstanceOf(PluginException.class).hasMessageContaining("option 'table' is unknown to 2.0.0");
            assertThat(host.running).isSameAs(before);
            assertThat(platform.plugins.list()).containsExactly(new PluginInfo("greeter", "1.0.0", State.ACTIVE, ""));
            assertThat(platform.pluginBundles()).containsExactly(bundle);
            assertThat(bundle.getState()).isEqualTo(Bundle.ACTIVE);
            assertThat(bundle.getLastModified()).isEqualTo(changed);
        }
    }

    @Test
    void whenOneHostFailsTheHandOverTheOthersHandBack() throws Exception {
        try (Platform platform = Platform.in(temp.resolve("data"))) {
            RecordingHost connect = new RecordingHost("connect");
            RecordingHost streams = new RecordingHost("streams");
            platform.register(connect);
            platform.register(streams);
            platform.plugins.install(greeter("1.0.0"));
            streams.refuseHandOver = true;
            Plugin before = connect.running;

            assertThatThrownBy(() -> platform.plugins.update("greeter", greeter("2.0.0"))).hasMessageContaining("not healthy in 2.0.0");
            assertThat(connect.running).isSameAs(before);
            assertThat(streams.running).isSameAs(before);
            assertThat(platform.pluginBundles()).hasSize(1);
        }
        try (Platform restarted = Platform.in(temp.resolve("data"))) {
            assertThat(restarted.plugins.list()).containsExactly(new PluginInfo("greeter", "1.0.0", State.ACTIVE, ""));
        }
    }

    @Test
    void anUnresolvableImportIsNamedBeforeAnythingStarts() throws Exception {
        try (Platform platform = Platform.in(temp.resolve("data"))) {
            Path file = PluginJar.bundle("needy", "1.0.0").header("Import-Package", "org.absent;version=\"[3.1,4)\",java.util")
                    .writeTo(temp.resolve("needy.jar"));
            assertThatThrownBy(() -> platform.plugins.install(file)).isInstanceOf(PluginException.class).hasMessage(
                    "plugin needy 1.0.0 does not resolve: it needs package org.absent [3.1.0,4.0.0), which nobody offers; "
                            + "put the library that has it into the plugin");
            assertThat(platform.plugins.list()).isEmpty();
            assertThat(platform.pluginBundles()).isEmpty();
        }
    }

    @Test
    void aWrongVersionIsToldWithTheOfferedOne() throws Exception {
        try (Platform platform = Platform.in(temp.resolve("data"))) {
            Path file = PluginJar.bundle("old", "1.0.0").header("Import-Package", "org.slf4j;version=\"[1.5,1.6)\"")
                    .writeTo(temp.resolve("old.jar"));
            assertThatThrownBy(() -> platform.plugins.install(file))
                    .hasMessageContaining("org.slf4j [1.5.0,1.6.0), but what is offered is 2.0.20 by org.apache.felix.framework");
        }
    }

    @Test
    void aNewerJavaIsAskedForInPlainWords() throws Exception {
        try (Platform platform = Platform.in(temp.resolve("data"))) {
            Path file = PluginJar.bundle("future", "1.0.0")
                    .header("Require-Capability", "osgi.ee;filter:=\"(&(osgi.ee=JavaSE)(version=99))\"").writeTo(temp.resolve("future.jar"));
            assertThatThrownBy(() -> platform.plugins.install(file)).hasMessageContaining("it needs Java 99, this is Java");
        }
    }

    @Test
    void aPluginThatFailsToStartIsGoneAndTheReasonTold() throws Exception {
        try (Platform platform = Platform.in(temp.resolve("data"))) {
            Path file = PluginJar.bundle("broken", "1.0.0").header("Import-Package", "org.osgi.framework").with(FailingActivator.class)
                    .header("Bundle-Activator", FailingActivator.class.getName()).writeTo(temp.resolve("broken.jar"));
            assertThatThrownBy(() -> platform.plugins.install(file)).hasMessage("plugin broken 1.0.0 does not start: no licence key");
            assertThat(platform.pluginBundles()).isEmpty();
        }
    }

    @Test
    void installingTwiceAndUpdatingTheUnknownAreRefused() throws Exception {
        try (Platform platform = Platform.in(temp.resolve("data"))) {
            platform.plugins.install(greeter("1.0.0"));
            assertThatThrownBy(() -> platform.plugins.install(greeter("1.1.0"))).isInstanceOf(PluginExistsException.class);
            assertThatThrownBy(() -> platform.plugins.update("nobody", greeter("1.1.0"))).isInstanceOf(UnknownPluginException.class);
            assertThatThrownBy(() -> platform.plugins.remove("nobody")).isInstanceOf(UnknownPluginException.class);
        }
    }

    @Test
    void aRestartRestoresWhatWasInstalledUpdatedAndRemoved() throws Exception {
        Path data = temp.resolve("data");
        try (Platform platform = Platform.in(data)) {
            platform.plugins.install(greeter("1.0.0"));
            platform.plugins.update("greeter", greeter("1.2.0"));
            platform.plugins.install(PluginJar.bundle("other", "3.0.0").writeTo(temp.resolve("other.jar")));
            platform.plugins.remove("other");
        }
        try (Platform platform = Platform.in(data)) {
            assertThat(platform.plugins.list()).containsExactly(new PluginInfo("greeter", "1.2.0", State.ACTIVE, ""));
        }
    }

    @Test
    void aStoredPluginThatNoLongerStartsIsReportedAndTheOthersRun() throws Exception {
        Path data = temp.resolve("data");
        try (Platform platform = Platform.in(data)) {
            platform.plugins.install(greeter("1.0.0"));
            platform.plugins.install(PluginJar.bundle("other", "3.0.0").writeTo(temp.resolve("other.jar")));
        }
        PluginStore store = new PluginStore(data.resolve("plugins"), 3, java.time.InstantSource.system());
        Path file = store.file(store.open().plugins().get("greeter"));
        Files.write(file, new byte[10]);
        try (Platform platform = Platform.in(data)) {
            assertThat(platform.plugins.list()).extracting(PluginInfo::name, PluginInfo::state)
                    .containsExactly(org.assertj.core.groups.Tuple.tuple("greeter", State.FAILED),
                            org.assertj.core.groups.Tuple.tuple("other", State.ACTIVE));
            assertThat(platform.plugins.list().getFirst().detail()).contains(file.toString()).contains("install it again");
            assertThat(platform.plugins.update("greeter", greeter("1.0.1")).state()).isEqualTo(State.ACTIVE);
        }
    }

    @Test
    void shippedPluginsComeFollowTheDistributionAndStayAway() throws Exception {
        Path data = temp.resolve("data");
        Path shipped = Files.createDirectories(temp.resolve("shipped"));
        PluginJar.bundle("jdbc", "1.0.0").writeTo(shipped.resolve("jdbc.jar"));
        PluginJar.bundle("cdc", "1.0.0").writeTo(shipped.resolve("cdc.jar"));
        try (Platform platform = Platform.shipping(data, shipped)) {
            assertThat(platform.plugins.list()).extracting(PluginInfo::name).containsExactly("cdc", "jdbc");
            platform.plugins.remove("cdc");
        }
        PluginJar.bundle("jdbc", "1.0.1").entry("new", "content").writeTo(shipped.resolve("jdbc.jar"));
        try (Platform platform = Platform.shipping(data, shipped)) {
            assertThat(platform.plugins.list()).containsExactly(new PluginInfo("jdbc", "1.0.1", State.ACTIVE, ""));
            platform.plugins.update("jdbc", PluginJar.bundle("jdbc", "9.0.0").writeTo(temp.resolve("own.jar")));
        }
        PluginJar.bundle("jdbc", "1.0.2").entry("newer", "content").writeTo(shipped.resolve("jdbc.jar"));
        try (Platform platform = Platform.shipping(data, shipped)) {
            assertThat(platform.plugins.list()).extracting(PluginInfo::version).containsExactly("9.0.0");
        }
    }

    @Test
    void aCorruptShippedFileIsReportedAndTheOthersRun() throws Exception {
        Path shipped = Files.createDirectories(temp.resolve("shipped"));
        PluginJar.bundle("jdbc", "1.0.0").writeTo(shipped.resolve("jdbc.jar"));
        Files.write(shipped.resolve("cdc.jar"), "PK and then nonsense".getBytes());
        try (Platform platform = Platform.shipping(temp.resolve("data"), shipped)) {
            assertThat(platform.plugins.list()).extracting(PluginInfo::name, PluginInfo::state).containsExactly(
                    org.assertj.core.groups.Tuple.tuple("cdc.jar", State.FAILED), org.assertj.core.groups.Tuple.tuple("jdbc", State.ACTIVE));
        }
    }

    @Test
    void aStopWhilePluginsAreStartingIsNoFailureOfTheirs() throws Exception {
        Path shipped = Files.createDirectories(temp.resolve("shipped"));
        PluginJar.bundle("jdbc", "1.0.0").writeTo(shipped.resolve("jdbc.jar"));
        PluginJar.bundle("cdc", "1.0.0").writeTo(shipped.resolve("cdc.jar"));
        Path data = temp.resolve("data");
        assertThat(Platform.endedAt(data, shipped, "list replaced").plugins.findings()).isEmpty();
        assertThat(Platform.endedAt(data, shipped, "file taken").plugins.findings()).isEmpty();
        try (Platform platform = Platform.shipping(data, shipped)) {
            assertThat(platform.plugins.list()).extracting(PluginInfo::name, PluginInfo::state).containsExactly(
                    org.assertj.core.groups.Tuple.tuple("cdc", State.ACTIVE), org.assertj.core.groups.Tuple.tuple("jdbc", State.ACTIVE));
        }
    }

    @Test
    void anUnreadableListStopsNoNodeAndNamesTheFile() throws Exception {
        Path data = temp.resolve("data");
        Files.createDirectories(data.resolve("plugins"));
        Files.writeString(data.resolve("plugins/plugins.json"), "{\"format\":1,\"plu");
        try (Platform platform = Platform.in(data)) {
            assertThat(platform.plugins.findings()).singleElement().satisfies(finding -> assertThat(finding.detail()).contains("plugins.json"));
            assertThatThrownBy(() -> platform.plugins.install(greeter("1.0.0"))).hasMessageContaining("plugins.json");
        }
    }

    @Test
    void removalFreesTheClassLoader() throws Exception {
        try (Platform platform = Platform.in(temp.resolve("data"))) {
            RecordingHost host = new RecordingHost("connect");
            platform.register(host);
            platform.plugins.install(greeter("1.0.0"));
            use(host.running);
            for (int i = 1; i <= 5; i++) {
                platform.plugins.update("greeter", greeter("1.0." + i));
                use(host.running);
            }
            platform.plugins.remove("greeter");
            assertThat(host.calls).endsWith("withdraw 1.0.5");
            assertThat(Await.collected(() -> platform.plugins.retired().unreclaimed().isEmpty()))
                    .as("left: %s", platform.plugins.retired().unreclaimed()).isTrue();
        }
    }

    private static void use(Plugin plugin) throws Exception {
        try (var _ = PluginScope.of(plugin)) {
            ((Supplier<?>) plugin.load(Greeting.class.getName()).getConstructor().newInstance()).get();
        }
    }

    @Test
    void aDriverThatAWrappedPluginLeavesBehindIsSweptAway() throws Exception {
        try (Platform platform = Platform.in(temp.resolve("data"))) {
            RecordingHost host = new RecordingHost("connect");
            platform.register(host);
            platform.plugins.install(PluginJar.plain().with(StayingDriver.class).writeTo(temp.resolve("sticky-2.1.jar")));
            try (var _ = PluginScope.of(host.running)) {
                host.running.load(StayingDriver.class.getName());
            }
            platform.plugins.remove("sticky");
            assertThat(Await.collected(() -> platform.plugins.retired().unreclaimed().isEmpty())).isTrue();
        }
    }

    @Test
    void whatIsStillHeldIsCounted() throws Exception {
        try (Platform platform = Platform.in(temp.resolve("data"))) {
            RecordingHost host = new RecordingHost("connect");
            platform.register(host);
            platform.plugins.install(greeter("1.0.0"));
            Object held = host.running.load(Greeting.class.getName()).getConstructor().newInstance();
            platform.plugins.remove("greeter");
            System.gc();
            assertThat(platform.plugins.retired().unreclaimed()).singleElement()
                    .satisfies(loader -> assertThat(loader.plugin() + loader.version()).isEqualTo("greeter1.0.0"));
            assertThat(held).isNotNull();
        }
    }
}
