package io.millrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.kernel.plugin.PluginJar;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.felix.framework.FrameworkFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;

/** The kernel's own jar beside the jars it lives with, and its REST interface over a real socket. */
class KernelBundleIT {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path temp;

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<Framework> frameworks = new ArrayList<>();

    @AfterEach
    void stop() throws Exception {
        client.shutdownNow();
        for (Framework framework : frameworks) {
            framework.stop();
            framework.waitForStop(TimeUnit.SECONDS.toMillis(20));
        }
    }

    private Framework start(String listen) throws Exception {
        Files.createDirectories(temp.resolve("home/plugins"));
        String slf4j = "org.slf4j;version=2.0.20,org.slf4j.event;version=2.0.20,org.slf4j.helpers;version=2.0.20,org.slf4j.spi;version=2.0.20";
        Map<String, String> settings = new HashMap<>(Map.of(
                "org.osgi.framework.storage", temp.resolve("cache").toString(), "org.osgi.framework.storage.clean", "onFirstInit",
                "org.osgi.framework.system.packages.extra", slf4j, "felix.log.level", "1",
                "millrace.home", temp.resolve("home").toString(), "millrace.data", temp.resolve("data").toString(),
                "millrace.etc", temp.resolve("home/etc").toString(), "millrace.config.http.listen", listen));
        declaredDefaults().forEach(settings::putIfAbsent);
        settings.put("millrace.extra.plugins", temp.resolve("absent") + ":" + temp.resolve("extra"));
        Framework framework = new FrameworkFactory().newFramework(settings);
        frameworks.add(framework);
        framework.start();
        BundleContext context = framework.getBundleContext();
        List<Bundle> bundles = new ArrayList<>();
        for (String jar : System.getProperty("kernel.bundles").split(",")) {
            bundles.add(context.installBundle(Path.of(jar).toUri().toString()));
        }
        for (Bundle bundle : bundles) {
            bundle.start();
        }
        return framework;
    }

    /** What the launcher hands over when nobody configured anything. */
    private static Map<String, String> declaredDefaults() throws Exception {
        Properties declared = new Properties();
        try (InputStream keys = KernelBundleIT.class.getResourceAsStream("/MILLRACE-INF/config-keys.properties")) {
            declared.load(keys);
        }
        Map<String, String> defaults = new HashMap<>();
        declared.forEach((key, declaration) ->
                defaults.put("millrace.config." + key, declaration.toString().split("\\|", 3)[1].strip()));
        return defaults;
    }

    private static String address(Framework framework) throws Exception {
        ServiceReference<?>[] references = framework.getBundleContext()
                .getAllServiceReferences("io.millrace.api.plugin.PluginManager", null);
        return (String) references[0].getProperty("millrace.http.address");
    }

    private HttpResponse<String> send(String method, String url, Path body) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(url))
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofFile(body)).build(), BodyHandlers.ofString());
    }

    private JsonNode untilPlugins(String base, int count) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            JsonNode plugins = JSON.readTree(send("GET", base + "/plugins", null).body());
            if (plugins.size() == count || System.nanoTime() > end) {
                return plugins;
            }
            Thread.onSpinWait();
        }
    }

    @Test
    void pluginsAreListedInstalledUpdatedAndRemovedOverRest() throws Exception {
        PluginJar.bundle("shipped", "1.0.0").writeTo(Files.createDirectories(temp.resolve("extra")).resolve("shipped.jar"));
        Framework framework = start("127.0.0.1:0");
        String base = "http://" + address(framework);
        assertThat(untilPlugins(base, 1).get(0).toString())
                .isEqualTo("{\"name\":\"shipped\",\"version\":\"1.0.0\",\"state\":\"ACTIVE\",\"detail\":\"\",\"current\":true}");

        HttpResponse<String> installed = send("POST", base + "/plugins?filename=greeter.jar",
                PluginJar.bundle("greeter", "1.0.0").writeTo(temp.resolve("greeter.jar")));
        assertThat(installed.statusCode()).as(installed.body()).isEqualTo(201);
        assertThat(send("POST", base + "/plugins?filename=greeter.jar", temp.resolve("greeter.jar")).statusCode()).isEqualTo(409);
        HttpResponse<String> updated = send("PUT", base + "/plugins/greeter?filename=g.jar",
                PluginJar.bundle("greeter", "1.1.0").writeTo(temp.resolve("g.jar")));
        assertThat(JSON.readTree(updated.body()).path("version").asText()).isEqualTo("1.1.0");
        HttpResponse<String> refused = send("PUT", base + "/plugins/greeter?filename=g.jar",
                PluginJar.bundle("greeter", "1.2.0").header("Import-Package", "org.absent").writeTo(temp.resolve("bad.jar")));
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(refused.body()).path("message").asText()).contains("needs package org.absent, which nobody offers");
        assertThat(send("POST", base + "/plugins?filename=..%2Fx.jar", temp.resolve("g.jar")).statusCode()).isEqualTo(400);
        assertThat(send("PATCH", base + "/plugins", null).statusCode()).isEqualTo(405);

        JsonNode status = JSON.readTree(send("GET", base + "/status", null).body());
        assertThat(status.path("state").asText()).isEqualTo("OK");
        assertThat(status.path("listen").path("http").asText()).isEqualTo(address(framework));
        assertThat(status.path("plugins")).hasSize(2);
        assertThat(status.path("health").findValuesAsText("name")).containsExactlyInAnyOrder("greeter", "shipped");
        assertThat(status.path("bundles").findValuesAsText("name")).contains("io.millrace.kernel", "io.millrace.kafka.api", "test.greeter");
        assertThat(status.path("unreclaimed_loaders").isArray()).isTrue();

        assertThat(send("DELETE", base + "/plugins/greeter", null).statusCode()).isEqualTo(204);
        assertThat(send("DELETE", base + "/plugins/greeter", null).statusCode()).isEqualTo(404);
        assertThat(untilPlugins(base, 1)).hasSize(1);
        assertThat(temp.resolve("data/plugins/uploads")).isEmptyDirectory();
    }

    @Test
    void theKernelStopsAndStartsAgainWithItsPlugins() throws Exception {
        Framework framework = start("127.0.0.1:0");
        String base = "http://" + address(framework);
        untilPlugins(base, 0);
        HttpResponse<String> installed = send("POST", base + "/plugins?filename=greeter.jar",
                PluginJar.bundle("greeter", "1.0.0").writeTo(temp.resolve("greeter.jar")));
        assertThat(installed.statusCode()).as(installed.body()).isEqualTo(201);
        Bundle kernel = List.of(framework.getBundleContext().getBundles()).stream()
                .filter(bundle -> "io.millrace.kernel".equals(bundle.getSymbolicName())).findFirst().orElseThrow();
        kernel.stop();
        kernel.start();
        JsonNode plugins = untilPlugins("http://" + address(framework), 1);
        assertThat(plugins.get(0).path("state").asText()).isEqualTo("ACTIVE");
    }

    @Test
    void aTakenPortStopsTheStartInOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertThatThrownBy(() -> start("127.0.0.1:" + taken.getLocalPort())).isInstanceOf(BundleException.class).cause()
                    .hasMessageStartingWith("http.listen=127.0.0.1:" + taken.getLocalPort() + " cannot be bound (Address already in use");
        }
    }
}
