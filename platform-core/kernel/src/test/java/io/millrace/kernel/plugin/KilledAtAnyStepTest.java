package io.millrace.kernel.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.plugin.Delivery;
import io.millrace.api.plugin.Plugin;
import io.millrace.api.plugin.PluginException;
import io.millrace.api.plugin.PluginHost;
import io.millrace.api.plugin.PluginManager.PluginInfo;
import io.millrace.api.plugin.PluginManager.State;
import io.millrace.kernel.plugin.sample.Greeting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code kill -9} leaves of an operation is the store's folder as it is at that moment. It is copied at every step of every operation, and
 * a platform is started on every copy: it must run the old or the new, whole.
 */
class KilledAtAnyStepTest {

    @TempDir
    Path temp;

    private final List<Path> moments = new ArrayList<>();
    private final List<String> steps = new ArrayList<>();
    private boolean refused;

    private interface Change {
        void on(LivePlugins plugins) throws PluginException;
    }

    @Test
    void anInstallationLeavesNothingOrThePlugin() throws Exception {
        killAtEachStep(_ -> {}, plugins -> plugins.install(greeter("1.0.0")));
        assertThat(outcomes()).containsExactly("", "greeter 1.0.0");
    }

    @Test
    void anUpdateLeavesTheOldOrTheNewVersion() throws Exception {
        killAtEachStep(plugins -> plugins.install(greeter("1.0.0")), plugins -> plugins.update("greeter", greeter("2.0.0")));
        assertThat(steps).contains("validate", "handOver", "file taken", "list drafted", "list replaced", "unused deleted");
        assertThat(outcomes()).containsExactly("greeter 1.0.0", "greeter 2.0.0");
    }

    @Test
    void aRollbackLeavesTheNewOrTheOldVersion() throws Exception {
        killAtEachStep(plugins -> {
            plugins.install(greeter("1.0.0"));
            plugins.update("greeter", greeter("2.0.0"));
        }, plugins -> plugins.rollback("greeter", null));
        assertThat(outcomes()).containsExactly("greeter 1.0.0", "greeter 2.0.0");
    }

    @Test
    void aVersionBesideIsThereOrNotAndTheOtherAlways() throws Exception {
        killAtEachStep(plugins -> plugins.install(greeter("1.0.0")), plugins -> plugins.installBeside(Delivery.of(greeter("2.0.0"))));
        assertThat(outcomes()).containsExactly("greeter 1.0.0", "greeter 1.0.0, greeter 2.0.0");
    }

    @Test
    void aRemovalLeavesThePluginOrNothing() throws Exception {
        killAtEachStep(plugins -> plugins.install(greeter("1.0.0")), plugins -> plugins.remove("greeter"));
        assertThat(outcomes()).containsExactly("", "greeter 1.0.0");
    }

    @Test
    void removingAVersionBesideLeavesBothOrTheOther() throws Exception {
        killAtEachStep(plugins -> {
            plugins.install(greeter("1.0.0"));
            plugins.installBeside(Delivery.of(greeter("2.0.0")));
        }, plugins -> plugins.remove("greeter", "2.0.0"));
        assertThat(outcomes()).containsExactly("greeter 1.0.0", "greeter 1.0.0, greeter 2.0.0");
    }

    @Test
    void anUpdateThatItsHostRefusesNeverLeavesTheNewVersion() throws Exception {
        killAtEachStep(plugins -> plugins.install(greeter("1.0.0")), plugins -> {
            refused = true;
            assertThatThrownBy(() -> plugins.update("greeter", greeter("2.0.0"))).hasMessageContaining("not healthy");
        });
        assertThat(steps).contains("handOver", "list drafted", "list replaced");
        assertThat(outcomes()).containsExactly("greeter 1.0.0");
    }

    @Test
    void aVersionThatComesWithTheDistributionLeavesTheOldOrTheNewOne() throws Exception {
        Path data = temp.resolve("data");
        Path shipped = Files.createDirectories(temp.resolve("shipped"));
        Path file = shipped.resolve("greeter.jar");
        Files.copy(greeter("1.0.0"), file);
        Platform.shipping(data, shipped).close();
        Files.copy(greeter("2.0.0"), file, StandardCopyOption.REPLACE_EXISTING);
        try (Platform platform = Platform.killable(data, shipped, step -> remember(data, step))) {
            assertThat(platform.plugins.list()).extracting(PluginInfo::version).containsExactly("2.0.0");
        }
        assertThat(steps).containsExactly("file taken", "list drafted", "list replaced", "unused deleted");
        // Without the new distribution's file, for nothing but the store's folder is to decide.
        assertThat(outcomes()).containsExactly("greeter 1.0.0", "greeter 2.0.0");
    }

    private void killAtEachStep(Change before, Change change) throws Exception {
        Path data = temp.resolve("data");
        try (Platform platform = Platform.in(data)) {
            before.on(platform.plugins);
            platform.plugins.store().observe(step -> remember(data, step));
            platform.register(new Moments(() -> data));
            change.on(platform.plugins);
            remember(data, "end");
        }
        assertThat(moments.size()).isGreaterThan(3);
    }

    private synchronized void remember(Path data, String step) {
        Path copy = temp.resolve("moment-" + moments.size());
        try (Stream<Path> tree = Files.walk(data.resolve("plugins"))) {
            for (Path path : tree.toList()) {
                Path target = copy.resolve(data.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.createDirectories(target.getParent());
                    Files.copy(path, target);
                }
            }
        } catch (NoSuchFileException e) {
            throw new AssertionError("the folder changed between two steps that are told", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        moments.add(copy);
        steps.add(step);
    }

    /** What platforms started on each moment's folder run; each plugin listed must run, and nothing else may lie in the store. */
    private Set<String> outcomes() throws Exception {
        Set<String> outcomes = new TreeSet<>();
        for (int i = 0; i < moments.size(); i++) {
            try (Platform platform = Platform.in(moments.get(i))) {
                List<PluginInfo> all = platform.plugins.list();
                assertThat(all).as(steps.get(i)).allSatisfy(plugin -> assertThat(plugin.state()).as(plugin.detail()).isEqualTo(State.ACTIVE));
                assertThat(platform.pluginBundles()).hasSameSizeAs(all);
                outcomes.add(all.stream().map(plugin -> plugin.name() + " " + plugin.version()).collect(Collectors.joining(", ")));
                assertThat(moments.get(i).resolve("plugins/staging")).isEmptyDirectory();
            }
        }
        return outcomes;
    }

    private Path greeter(String version) {
        return PluginJar.bundle("greeter", version).provides(Supplier.class, Greeting.class).writeTo(temp.resolve("greeter-" + version + ".jar"));
    }

    /** A host at whose steps the process may be killed as well. */
    private final class Moments implements PluginHost {

        private final Supplier<Path> data;

        private Moments(Supplier<Path> data) {
            this.data = data;
        }

        @Override
        public String name() {
            return "moments";
        }

        @Override
        public void arrived(Plugin plugin) {
            remember(data.get(), "arrived");
        }

        @Override
        public void validate(Plugin current, Plugin candidate) {
            remember(data.get(), "validate");
        }

        @Override
        public void handOver(Plugin current, Plugin candidate) throws PluginException {
            remember(data.get(), "handOver");
            if (refused) {
                throw new PluginException(candidate + ": not healthy");
            }
        }

        @Override
        public void withdraw(Plugin plugin) {
            remember(data.get(), "withdraw");
        }
    }
}
