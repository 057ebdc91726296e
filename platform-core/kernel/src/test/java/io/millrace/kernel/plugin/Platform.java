package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginHost;
import io.millrace.kernel.archive.Limits;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.launch.Framework;

/** A real framework with the plugin manager in it, and the shared Kafka bundle where asked for. */
final class Platform implements AutoCloseable {

    static final Limits LIMITS = new Limits(64L << 20, 256L << 20, 20_000);
    static final PluginRules RULES = new PluginRules(3, 5_000, "off", Path.of("no-keys"));
    private static final String API = "io.millrace.api.plugin;version=0.2.0,io.millrace.api.http;version=0.1.0,"
            + "io.millrace.kernel.guard;version=0.1.0";
    private static final String SLF4J = "org.slf4j;version=2.0.20,org.slf4j.event;version=2.0.20,org.slf4j.helpers;version=2.0.20,"
            + "org.slf4j.spi;version=2.0.20";

    final Framework framework;
    final LivePlugins plugins;

    private Platform(Path data, List<Path> shipped, boolean kafka, String bsnVersion, PluginRules rules, Function<Framework, Consumer<String>> observer) throws BundleException {
        Map<String, String> settings = new HashMap<>();
        settings.put("org.osgi.framework.storage", data.resolve("framework").toString());
        settings.put("org.osgi.framework.storage.clean", "onFirstInit");
        settings.put("org.osgi.framework.system.packages.extra", API + "," + SLF4J);
        settings.put("org.osgi.framework.bsnversion", bsnVersion);
        settings.put("felix.bootdelegation.implicit", "false");
        settings.put("felix.log.level", "1");
        framework = new FrameworkFactory().newFramework(settings);
        framework.start();
        BundleContext context = framework.getBundleContext();
        if (kafka) {
            for (String type : List.of("com.fasterxml.jackson.annotation.JsonProperty", "com.fasterxml.jackson.core.JsonFactory",
                    "com.fasterxml.jackson.databind.ObjectMapper", "io.millrace.kafka.WarmUp")) {
                context.installBundle(jarOf(type).toUri().toString());
            }
            for (Bundle bundle : context.getBundles()) {
                bundle.start();
            }
        }
        plugins = new LivePlugins(context, data.resolve("plugins"), shipped, LIMITS, rules, InstantSource.system());
        plugins.store().observe(observer.apply(framework));
        plugins.restore();
    }

    static Platform in(Path data) throws BundleException {
        return new Platform(data, List.of(), false, "managed", RULES, _ -> _ -> { });
    }

    static Platform in(Path data, String bsnVersion) throws BundleException {
        return new Platform(data, List.of(), false, bsnVersion, RULES, _ -> _ -> { });
    }

    static Platform in(Path data, PluginRules rules) throws BundleException {
        return new Platform(data, List.of(), false, "managed", rules, _ -> _ -> { });
    }

    static Platform shipping(Path data, Path... folders) throws BundleException {
        return new Platform(data, List.of(folders), false, "managed", RULES, _ -> _ -> { });
    }

    /** @param observer told of each step of what the start changes in the store */
    static Platform killable(Path data, Path shipped, Consumer<String> observer) throws BundleException {
        return new Platform(data, List.of(shipped), false, "managed", RULES, _ -> observer);
    }

    /** The framework has ended when that step of the start has been made, and the start goes on. */
    static Platform endedAt(Path data, Path shipped, String step) throws BundleException {
        return new Platform(data, List.of(shipped), false, "managed", RULES, framework -> done -> {
            if (done.equals(step)) {
                end(framework);
            }
        });
    }

    private static void end(Framework framework) {
        try {
            framework.stop();
            framework.waitForStop(TimeUnit.SECONDS.toMillis(20));
        } catch (BundleException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static Platform withKafka(Path data) throws BundleException {
        return new Platform(data, List.of(), true, "managed", RULES, _ -> _ -> { });
    }

    /** The jar on the test class path that has the class. */
    static Path jarOf(String type) {
        try {
            Path jar = Path.of(Class.forName(type, false, Platform.class.getClassLoader()).getProtectionDomain().getCodeSource()
                    .getLocation().toURI());
            if (!jar.toString().endsWith(".jar")) {
                throw new IllegalStateException(type + " comes from " + jar + ", not from a jar; run the tests with 'mvn verify'");
            }
            return jar;
        } catch (ReflectiveOperationException | java.net.URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    ServiceRegistration<PluginHost> register(PluginHost host) {
        return framework.getBundleContext().registerService(PluginHost.class, host, null);
    }

    List<Bundle> pluginBundles() {
        return java.util.Arrays.stream(framework.getBundleContext().getBundles())
                .filter(bundle -> bundle.getLocation().startsWith(BundleStage.LOCATION)).toList();
    }

    @Override
    public void close() throws BundleException, InterruptedException {
        plugins.close();
        framework.stop();
        framework.waitForStop(TimeUnit.SECONDS.toMillis(20));
    }
}
