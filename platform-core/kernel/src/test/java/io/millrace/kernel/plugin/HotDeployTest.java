package io.millrace.kernel.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.plugin.PluginManager.PluginInfo;
import io.millrace.kernel.plugin.sample.Greeting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HotDeployTest {

    @TempDir
    Path temp;

    private Path greeter(String version) {
        return PluginJar.bundle("greeter", version).provides(Supplier.class, Greeting.class).writeTo(temp.resolve("greeter-" + version + ".jar"));
    }

    private static boolean runs(Platform platform, String... wanted) {
        return Await.until(() -> platform.plugins.list().stream().map(PluginInfo::version).toList().equals(java.util.List.of(wanted)));
    }

    @Test
    void pluginsComeChangeAndGoWithTheirFiles() throws Exception {
        Path deploy = temp.resolve("deploy");
        Path memory = temp.resolve("data/plugins/deployed.json");
        try (Platform platform = Platform.in(temp.resolve("data")); HotDeploy watched = new HotDeploy(platform.plugins, deploy, memory)) {
            watched.start();
            Files.createDirectory(deploy);
            Path file = deploy.resolve("greeter.jar");
            Files.copy(greeter("1.0.0"), file);
            assertThat(runs(platform, "1.0.0")).isTrue();
            Files.copy(greeter("1.1.0"), file, StandardCopyOption.REPLACE_EXISTING);
            assertThat(runs(platform, "1.1.0")).isTrue();
            Files.writeString(deploy.resolve("broken.jar"), "no jar");
            assertThat(Await.until(() -> watched.findings().size() == 1)).isTrue();
            assertThat(watched.findings().getFirst().detail()).contains("broken.jar");
        }
        Files.delete(deploy.resolve("broken.jar"));
        Files.delete(deploy.resolve("greeter.jar"));
        Files.copy(greeter("3.0.0"), deploy.resolve("greeter-3.jar"));
        try (Platform platform = Platform.in(temp.resolve("data")); HotDeploy watched = new HotDeploy(platform.plugins, deploy, memory)) {
            assertThat(runs(platform, "1.1.0")).isTrue();
            watched.start();
            assertThat(runs(platform, "3.0.0")).isTrue();
            Files.delete(deploy.resolve("greeter-3.jar"));
            assertThat(runs(platform)).isTrue();
            assertThat(Await.until(() -> watched.findings().isEmpty())).isTrue();
        }
    }
}
