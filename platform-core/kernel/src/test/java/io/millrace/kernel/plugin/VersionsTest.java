package io.millrace.kernel.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.plugin.Delivery;
import io.millrace.api.plugin.PluginChange;
import io.millrace.api.plugin.PluginChange.Kind;
import io.millrace.api.plugin.PluginEvent;
import io.millrace.api.plugin.PluginEvent.Step;
import io.millrace.api.plugin.PluginException;
import io.millrace.api.plugin.PluginManager.PluginInfo;
import io.millrace.api.plugin.PluginManager.State;
import io.millrace.kernel.plugin.sample.Greeting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Versions side by side, back and forth. */
class VersionsTest {

    @TempDir
    Path temp;

    private final RecordingHost host = new RecordingHost("connect");
    private Platform platform;

    @BeforeEach
    void startPlatform() throws Exception {
        platform = Platform.in(temp.resolve("data"));
        platform.register(host);
    }

    @AfterEach
    void stopPlatform() throws Exception {
        platform.close();
    }

    private Path greeter(String version) {
        return PluginJar.bundle("greeter", version).provides(Supplier.class, Greeting.class).writeTo(temp.resolve("greeter-" + version + ".jar"));
    }

    private LivePlugins plugins() {
        return platform.plugins;
    }

    private void restart() throws Exception {
        platform.close();
        platform = Platform.in(temp.resolve("data"));
    }

    @Test
    void aVersionBesideDisturbsNobodyAndGoesAlone() throws Exception {
        plugins().install(greeter("1.0.0"));
        assertThat(plugins().installBeside(Delivery.of(greeter("2.0.0")))).isEqualTo(new PluginInfo("greeter", "2.0.0", State.ACTIVE, "", false));
        assertThat(host.calls).containsExactly("arrived 1.0.0", "arrived 2.0.0");
        assertThat(host.running.current()).as("2.0.0 is not what others get").isFalse();
        assertThat(plugins().list()).extracting(PluginInfo::version, PluginInfo::current).containsExactly(Tuple.tuple("1.0.0", true), Tuple.tuple("2.0.0", false));
        assertThatThrownBy(() -> plugins().installBeside(Delivery.of(greeter("2.0.0")))).isInstanceOf(PluginExistsException.class);

        restart();
        assertThat(plugins().list()).extracting(PluginInfo::version, PluginInfo::current).containsExactly(Tuple.tuple("1.0.0", true), Tuple.tuple("2.0.0", false));
        assertThatThrownBy(() -> plugins().remove("greeter", "1.0.0")).isInstanceOf(PluginException.class).hasMessageContaining("is the current version");
        plugins().remove("greeter", "2.0.0");
        assertThat(plugins().list()).containsExactly(new PluginInfo("greeter", "1.0.0", State.ACTIVE, ""));
        assertThat(platform.pluginBundles()).hasSize(1);
    }

    @Test
    void removingThePluginRemovesAllItsVersions() throws Exception {
        plugins().install(greeter("1.0.0"));
        plugins().installBeside(Delivery.of(greeter("2.0.0")));
        plugins().remove("greeter");
        assertThat(plugins().list()).isEmpty();
        assertThat(platform.pluginBundles()).isEmpty();
        assertThat(host.calls).endsWith("withdraw 2.0.0", "withdraw 1.0.0");
    }

    @Test
    void aRollbackHandsBackToTheVersionBeforeAndAnotherOneForthAgain() throws Exception {
        plugins().install(greeter("1.0.0"));
        plugins().update("greeter", greeter("2.0.0"));
        assertThat(plugins().rollback("greeter", null).version()).isEqualTo("1.0.0");
        assertThat(host.calls).endsWith("validate 2.0.0 > 1.0.0", "handOver 2.0.0 > 1.0.0");
        assertThat(host.running.current()).isTrue();
        assertThat(plugins().rollback("greeter", null).version()).isEqualTo("2.0.0");
        restart();
        assertThat(plugins().list()).containsExactly(new PluginInfo("greeter", "2.0.0", State.ACTIVE, ""));
        assertThat(plugins().history("greeter")).extracting(PluginChange::kind, PluginChange::version).containsExactly(
                Tuple.tuple(Kind.ROLLED_BACK, "2.0.0"), Tuple.tuple(Kind.ROLLED_BACK, "1.0.0"), Tuple.tuple(Kind.UPDATED, "2.0.0"),
                Tuple.tuple(Kind.INSTALLED, "1.0.0"));
    }

    @Test
    void aRollbackGoesToTheVersionNamedAmongThoseKept() throws Exception {
        plugins().install(greeter("1.0.0"));
        for (String version : List.of("1.1.0", "1.2.0", "1.3.0", "1.4.0")) {
            plugins().update("greeter", greeter(version));
        }
        assertThatThrownBy(() -> plugins().rollback("greeter", "1.0.0"))
                .hasMessageContaining("has no earlier version 1.0.0 that is kept (there is 1.3.0, 1.2.0, 1.1.0)");
        assertThat(plugins().rollback("greeter", "1.1.0").version()).isEqualTo("1.1.0");
    }

    @Test
    void aRemovedPluginComesBack() throws Exception {
        plugins().install(greeter("1.0.0"));
        plugins().remove("greeter");
        assertThat(plugins().rollback("greeter", null)).isEqualTo(new PluginInfo("greeter", "1.0.0", State.ACTIVE, ""));
        assertThatThrownBy(() -> plugins().rollback("nobody", null)).isInstanceOf(UnknownPluginException.class);
    }

    @Test
    void anUpdateThatIsRefusedStandsInTheHistoryWithItsReason() throws Exception {
        plugins().install(greeter("1.0.0"));
        host.refuseHandOver = true;
        assertThatThrownBy(() -> plugins().update("greeter", greeter("2.0.0"))).hasMessageContaining("not healthy");
        assertThat(plugins().history("greeter").getFirst()).satisfies(change -> {
            assertThat(change.kind()).isEqualTo(Kind.REFUSED);
            assertThat(change.version()).isEqualTo("2.0.0");
            assertThat(change.detail()).contains("not healthy in 2.0.0");
            assertThat(change.kept()).isFalse();
        });
        assertThat(plugins().list()).containsExactly(new PluginInfo("greeter", "1.0.0", State.ACTIVE, ""));
    }

    @Test
    void aVersionBesideBecomesTheCurrentOneByAnUpdateToIt() throws Exception {
        plugins().install(greeter("1.0.0"));
        plugins().installBeside(Delivery.of(greeter("2.0.0")));
        plugins().rollback("greeter", "2.0.0");
        assertThat(plugins().list()).containsExactly(new PluginInfo("greeter", "2.0.0", State.ACTIVE, ""));
        assertThat(host.calls).endsWith("arrived 2.0.0", "validate 1.0.0 > 2.0.0", "handOver 1.0.0 > 2.0.0");
        assertThat(platform.pluginBundles()).hasSize(1);
    }

    @Test
    void everyStepIsToldWithTheTagOfItsOperation() throws Exception {
        plugins().install(greeter("1.0.0"));
        long before = plugins().events(0, Duration.ZERO).getLast().sequence();
        plugins().update("greeter", new Delivery(greeter("2.0.0"), "", "", "mine"));
        List<PluginEvent> events = plugins().events(before, Duration.ZERO);
        assertThat(events).extracting(PluginEvent::step).containsExactly(Step.VERIFIED, Step.STAGED, Step.RESOLVED, Step.STARTED, Step.VALIDATED,
                Step.HANDED_OVER, Step.STORED, Step.RETIRED, Step.DONE);
        assertThat(events).allSatisfy(event -> assertThat(event.tag()).isEqualTo("mine"));
        assertThat(plugins().events(events.getLast().sequence(), Duration.ofMillis(20))).isEmpty();
    }

    @Test
    void aFileThatIsNotTheOneMeantIsRefused() throws Exception {
        Path file = greeter("1.0.0");
        assertThatThrownBy(() -> plugins().install(new Delivery(file, "00", "", ""))).hasMessageContaining("expected 00");
        assertThat(plugins().install(new Delivery(file, StagedPlugin.sha256(file), "", "")).state()).isEqualTo(State.ACTIVE);
    }
}
