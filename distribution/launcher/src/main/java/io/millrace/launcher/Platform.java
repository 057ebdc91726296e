package io.millrace.launcher;

import io.millrace.launcher.SystemBundles.BundleFile;
import java.io.IOException;
import java.io.Reader;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.felix.framework.Felix;
import org.osgi.framework.AllServiceListener;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceEvent;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.startlevel.FrameworkStartLevel;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.condition.Condition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running platform: the OSGi framework in this process with the bundles of a distribution folder. Thread-safe.
 *
 * <p>All bundles are resolved before the first one starts. They start by level; the broker's is low, so that it serves while the others still
 * start. A bundle that cannot start ends the platform, unless its level is above {@value #LAST_REQUIRED_LEVEL}.
 */
public final class Platform {

    private static final int LAST_REQUIRED_LEVEL = 40;
    private static final int HIGHEST_LEVEL = 99;
    /** Plugins stop after those who use them and before the kernel, which looks after them. */
    private static final int PLUGIN_LEVEL = 32;
    private static final long STOP_MILLIS = 4_500;
    private static final String BROKER = "io.millrace.api.broker.Broker";
    private static final String PLUGIN_MANAGER = "io.millrace.api.plugin.PluginManager";
    /** Tells bundles that all others had their start. */
    private static final String STARTED_CONDITION = "millrace.started";
    /** Property of the kernel's services: where REST really listens, for a configured port 0. */
    private static final String HTTP_ADDRESS = "millrace.http.address";

    private final Options options;
    private final Map<String, String> values;
    private final DataFolder data;
    private final Framework framework;
    private final List<Bundle> bundles;
    private final CompletableFuture<String> ready = new CompletableFuture<>();
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private volatile long startupMillis;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private boolean stopping;

    private Platform(Options options, Map<String, String> values, DataFolder data, Framework framework, List<Bundle> bundles) {
        this.options = options;
        this.values = values;
        this.data = data;
        this.framework = framework;
        this.bundles = bundles;
    }

    public static Options options(Path home) {
        return Options.of(home);
    }

    /**
     * Returns when everything is resolved and the start has begun; {@link #awaitReady} and {@link #awaitStarted} wait for more.
     *
     * @throws StartFailure if it cannot start; nothing is left running
     */
    public static Platform start(Options options) throws StartFailure {
        List<BundleFile> files = SystemBundles.of(options.home(), options.bundles());
        Configuration configuration = configuration(options, SystemBundles.keys(files));
        Map<String, String> values = configuration.values();
        DataFolder data = DataFolder.claim(options.data());
        try {
            Logger log = logTo(options);
            configuration.warnings().forEach(log::warn);
            Framework framework = new Felix(FrameworkProperties.of(options, configuration, data.framework(), HIGHEST_LEVEL));
            try {
                framework.init();
                data.begun();
                LogLevels.offer(framework.getBundleContext());
                Platform platform = new Platform(options, values, data, framework, install(framework, files));
                platform.begin();
                return platform;
            } catch (BundleException | IOException | StartFailure failed) {
                log.info("start failed", failed);
                halt(framework);
                throw failed instanceof StartFailure failure ? failure : new StartFailure("the OSGi framework does not start: " + StartFailure.message(failed), failed);
            }
        } catch (StartFailure failed) {
            release(data);
            throw failed;
        }
    }

    private static Configuration configuration(Options options, SystemBundles.Keys keys) throws StartFailure {
        Configuration configuration = new Configuration(keys.declared(), keys.foreign());
        Path file = options.etc().resolve("millrace.properties");
        if (Files.exists(file)) {
            Properties properties = new Properties();
            try (Reader content = Files.newBufferedReader(file)) {
                properties.load(content);
            } catch (IOException | IllegalArgumentException unreadable) {
                throw new StartFailure("cannot read " + file + ": " + unreadable.getMessage(), unreadable);
            }
            Map<String, String> settings = new HashMap<>();
            properties.stringPropertyNames().forEach(name -> settings.put(name, properties.getProperty(name)));
            configuration.apply(file.toString(), settings);
        }
        configuration.apply("command line", options.overrides());
        return configuration;
    }

    /** The log files are in the data folder, so logging must not begin before that is known. */
    private static Logger logTo(Options options) {
        System.setProperty("millrace.data", options.data().toString());
        Path own = options.etc().resolve("logback.xml");
        Path shipped = options.home().resolve("etc").resolve("logback.xml");
        if (System.getProperty("logback.configurationFile") == null) {
            System.setProperty("logback.configurationFile", (Files.exists(own) ? own : shipped).toString());
        }
        return LoggerFactory.getLogger(Platform.class);
    }

    private static List<Bundle> install(Framework framework, List<BundleFile> files) throws StartFailure {
        BundleContext context = framework.getBundleContext();
        framework.adapt(FrameworkStartLevel.class).setInitialBundleStartLevel(PLUGIN_LEVEL);
        List<Bundle> bundles = new ArrayList<>();
        for (BundleFile file : files) {
            try {
                // By reference: the framework reads the file where it is instead of copying it.
                Bundle bundle = context.installBundle("reference:" + file.file().toUri());
                bundle.adapt(BundleStartLevel.class).setStartLevel(file.level());
                bundles.add(bundle);
            } catch (BundleException broken) {
                throw new StartFailure("bundle " + file.file() + " cannot be installed: " + StartFailure.message(broken) + "; unpack the distribution again", broken);
            }
        }
        if (!framework.adapt(FrameworkWiring.class).resolveBundles(bundles)) {
            List<Bundle> all = List.of(context.getBundles());
            throw new StartFailure("bundles do not resolve: " + String.join("; ", MissingRequirements.of(all)));
        }
        return bundles;
    }

    private void begin() throws BundleException {
        BundleContext context = framework.getBundleContext();
        try {
            // All: the framework's own class space does not know the interface.
            context.addServiceListener((AllServiceListener) event -> {
                if (event.getType() == ServiceEvent.REGISTERED) {
                    brokerListens(event.getServiceReference());
                }
            }, "(objectClass=" + BROKER + ")");
        } catch (InvalidSyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
        context.addFrameworkListener(event -> {
            if (event.getType() == FrameworkEvent.ERROR) {
                log().error("bundle {}", event.getBundle(), event.getThrowable());
            }
        });
        framework.start();
        Thread.ofPlatform().name("millrace-start").start(this::startBundles);
    }

    private void startBundles() {
        try {
            for (Bundle bundle : bundles) {
                startBundle(bundle);
            }
            if (!ready.isDone()) {
                throw new StartFailure("no bundle in " + options.home().resolve("system") + " provides the broker; unpack the distribution again");
            }
            framework.getBundleContext().registerService(Condition.class, Condition.INSTANCE,
                    new Hashtable<>(Map.of(Condition.CONDITION_ID, STARTED_CONDITION)));
            data.announce(ready.join(), http());
            log().info("started {} bundles, broker after {} ms", bundles.size(), startupMillis);
            started.complete(null);
        } catch (StartFailure | IOException | RuntimeException failed) {
            // Not louder: whoever started it shows the one line; the log file has the rest.
            log().info("start failed", failed);
            StartFailure failure = failed instanceof StartFailure known ? known : new StartFailure(StartFailure.message(failed), failed);
            ready.completeExceptionally(failure);
            started.completeExceptionally(failure);
        }
    }

    private void startBundle(Bundle bundle) throws StartFailure {
        if (bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null) {
            return;
        }
        try {
            bundle.start(Bundle.START_TRANSIENT | Bundle.START_ACTIVATION_POLICY);
        } catch (BundleException failed) {
            if (bundle.adapt(BundleStartLevel.class).getStartLevel() <= LAST_REQUIRED_LEVEL) {
                throw new StartFailure(StartFailure.message(failed), failed);
            }
            log().warn("{} does not start: {}; everything else runs", bundle.getSymbolicName(), StartFailure.message(failed), failed);
        }
    }

    private void brokerListens(ServiceReference<?> reference) {
        Object broker = framework.getBundleContext().getService(reference);
        startupMillis = System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
        try {
            // By name: the interface is a bundle's, and this class is not in one.
            Class<?> contract = reference.getBundle().loadClass(BROKER);
            ready.complete((String) contract.getMethod("bootstrapServers").invoke(broker));
        } catch (ReflectiveOperationException | RuntimeException strange) {
            log().warn("the broker does not tell where it listens; taking the configured address", strange);
            ready.complete(values.getOrDefault("listen", ""));
        }
    }

    /** Returns once the broker accepts connections. */
    public void awaitReady() throws StartFailure, InterruptedException {
        await(ready);
    }

    /** Returns once every bundle has started. */
    public void awaitStarted() throws StartFailure, InterruptedException {
        await(started);
    }

    private void await(CompletableFuture<?> milestone) throws StartFailure, InterruptedException {
        try {
            milestone.get();
        } catch (ExecutionException failed) {
            stop();
            throw (StartFailure) failed.getCause();
        }
    }

    /** Milliseconds from the JVM's start until the broker accepted connections. */
    public long startupMillis() {
        return startupMillis;
    }

    /** Where Kafka clients connect, {@code host:port}; blocks until that is known. */
    public String listen() throws StartFailure, InterruptedException {
        awaitReady();
        return ready.join();
    }

    /** Where REST is, {@code host:port}; the configured address until the kernel has started. */
    public String http() {
        BundleContext context = framework.getBundleContext();
        ServiceReference<?> kernel = context == null ? null : context.getServiceReference(PLUGIN_MANAGER);
        Object listening = kernel == null ? null : kernel.getProperty(HTTP_ADDRESS);
        return listening == null ? values.getOrDefault("http.listen", "") : listening.toString();
    }

    /** What runs where, a few lines for people; waits until everything has started. */
    public String describe() throws StartFailure, InterruptedException {
        awaitStarted();
        Map<String, String> places = new LinkedHashMap<>();
        places.put("Kafka protocol", ready.join());
        places.put("REST", "http://" + http());
        places.put("data", options.data().toString());
        places.put("configuration", options.etc().toString());
        places.put("logs", options.data().resolve("logs").toString());
        return Overview.of(framework.getBundleContext().getBundles(), places);
    }

    /** Stops every bundle, the broker last, and lets the data folder go; takes at most 5 s. The second time it waits for that, and does nothing. */
    public void stop() throws InterruptedException {
        if (!beginStop()) {
            stopped.await();
            return;
        }
        try {
            framework.stop();
            if (framework.waitForStop(STOP_MILLIS).getType() == FrameworkEvent.WAIT_TIMEDOUT) {
                log().warn("not everything stopped within {} ms; what is left ends with the process", STOP_MILLIS);
            }
        } catch (BundleException failed) {
            log().warn("stop failed", failed);
        } finally {
            release(data);
            stopped.countDown();
        }
    }

    private synchronized boolean beginStop() {
        boolean first = !stopping;
        stopping = true;
        return first;
    }

    /** Returns when the platform has been stopped, by whomever. */
    public void awaitStop() throws InterruptedException {
        framework.waitForStop(0);
        stop();
    }

    private static void halt(Framework framework) {
        try {
            framework.stop();
            framework.waitForStop(TimeUnit.SECONDS.toMillis(2));
        } catch (BundleException _) {
            // It did not start either.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static void release(DataFolder data) {
        try {
            data.close();
        } catch (IOException failed) {
            log().warn("cannot remove the announcement of this instance", failed);
        }
    }

    private static Logger log() {
        return LoggerFactory.getLogger(Platform.class);
    }
}
