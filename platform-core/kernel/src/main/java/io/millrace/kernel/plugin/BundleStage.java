package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginEvent.Step;
import io.millrace.api.plugin.PluginException;
import io.millrace.kernel.sweep.Sweep;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where plugin bundles come to life in the framework, and leave it without a trace. */
final class BundleStage {

    private static final Logger LOG = LoggerFactory.getLogger(BundleStage.class);

    /** Marks the bundles of this stage; each life gets a location of its own, so that two versions can live side by side. */
    static final String LOCATION = "millrace-plugin:";
    private static final String KAFKA = "io.millrace.kafka.api";
    private static final long REFRESH_SECONDS = 30;

    private final BundleContext context;
    private final RetiredLoaders retired;
    private final long limitMs;
    private final AtomicLong lives = new AtomicLong();

    /** @param limitMs how long an activator of a plugin may take */
    BundleStage(BundleContext context, RetiredLoaders retired, long limitMs) {
        this.context = context;
        this.retired = retired;
        this.limitMs = limitMs;
    }

    /** Drops what an earlier process left in the framework's cache: the store says what is to run, not the cache. */
    void clear() {
        for (Bundle bundle : context.getBundles()) {
            if (bundle.getLocation().startsWith(LOCATION)) {
                uninstall(bundle);
            }
        }
    }

    /** Whether the framework is being stopped: it takes no bundle any more, and has taken this one's context away when it is done. */
    boolean isEnding() {
        try {
            int state = context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).getState();
            return state != Bundle.STARTING && state != Bundle.ACTIVE;
        } catch (IllegalStateException ended) {
            return true;
        }
    }

    /** Installs, resolves and starts. On an exception nothing of the bundle is left. */
    BundlePlugin start(String name, Path file, Operation operation) throws PluginException {
        Bundle bundle;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 64 * 1024)) {
            bundle = context.installBundle(LOCATION + name + "#" + lives.incrementAndGet(), in);
        } catch (BundleException | IOException | IllegalStateException e) {
            throw new PluginException("plugin " + name + " cannot be installed: " + reason(e), e);
        }
        try {
            List<String> missing = new Resolution(context).missing(bundle);
            if (!missing.isEmpty()) {
                throw new PluginException("plugin " + name + " " + bundle.getVersion() + " does not resolve: " + String.join("; ", missing));
            }
            operation.step(Step.RESOLVED);
            Bundle kafka = kafka();
            if (kafka != null) {
                bundle.adapt(BundleStartLevel.class).setStartLevel(kafka.adapt(BundleStartLevel.class).getStartLevel());
            }
            BundlePlugin plugin = new BundlePlugin(name, bundle, kafka == null ? null : loader(kafka));
            PluginCall.run("plugin-" + name + "-start", plugin.classLoader(), limitMs, () -> {
                bundle.start(Bundle.START_TRANSIENT);
                return null;
            });
            operation.step(Step.STARTED);
            return plugin;
        } catch (PluginException e) {
            uninstall(bundle);
            throw e;
        } catch (PluginCall.StuckException e) {
            abandon(name, bundle, e);
            throw new PluginException("plugin " + name + " " + bundle.getVersion() + " does not start: its activator " + e.getMessage(), e);
        } catch (ExecutionException | RuntimeException e) {
            uninstall(bundle);
            throw new PluginException("plugin " + name + " " + bundle.getVersion() + " does not start: " + reason(e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PluginException("plugin " + name + ": interrupted while starting", e);
        }
    }

    /** The framework lets nobody touch a bundle whose activator is at work: it goes when that ends, if ever. */
    private void abandon(String name, Bundle bundle, PluginCall.StuckException stuck) {
        String version = bundle.getVersion().toString();
        if (!stuck.thread().isAlive()) {
            uninstall(bundle);
            return;
        }
        retired.leftBehind(name, version, stuck.thread());
        OwnThread.start("plugin-" + name + "-end", () -> {
            try {
                stuck.thread().join();
                uninstall(bundle);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Stops and uninstalls; whatever goes wrong is logged, and the bundle is gone. */
    void remove(BundlePlugin plugin) {
        Bundle bundle = plugin.bundle();
        ClassLoader loader = loader(bundle);
        boolean stopped = stop(plugin);
        if (loader != null) {
            List<String> swept = new Sweep(plugin.name(), loader, plugin.classLoader()).run();
            if (!swept.isEmpty()) {
                LOG.warn("{} left behind: {}", plugin, String.join("; ", swept));
            }
            retired.retire(plugin.name(), plugin.version(), loader, swept);
        }
        if (stopped) {
            uninstall(bundle);
        }
    }

    /** @return false if its activator is still at it */
    boolean stop(BundlePlugin plugin) {
        try {
            PluginCall.run("plugin-" + plugin.name() + "-stop", plugin.classLoader(), limitMs, () -> {
                plugin.bundle().stop(Bundle.STOP_TRANSIENT);
                return null;
            });
        } catch (PluginCall.StuckException e) {
            LOG.error("{} does not stop: its activator {}", plugin, e.getMessage());
            if (e.thread().isAlive()) {
                abandon(plugin.name(), plugin.bundle(), e);
                return false;
            }
        } catch (ExecutionException | RuntimeException e) {
            LOG.warn("{} did not stop cleanly: {}", plugin, reason(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return true;
    }

    private void uninstall(Bundle bundle) {
        try {
            bundle.uninstall();
        } catch (BundleException | IllegalStateException e) {
            if (!isEnding()) {
                LOG.warn("plugin bundle {} did not uninstall cleanly: {}", bundle.getSymbolicName(), reason(e));
            }
        }
        if (isEnding()) {
            // It refreshes nothing any more, and ends with all of its class loaders.
            return;
        }
        // Nobody is wired to a plugin, so this refreshes it alone and frees its class loader.
        CountDownLatch refreshed = new CountDownLatch(1);
        context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(FrameworkWiring.class)
                .refreshBundles(List.of(bundle), _ -> refreshed.countDown());
        try {
            if (!refreshed.await(REFRESH_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("plugin bundle {}: the framework is still refreshing after {} s", bundle.getSymbolicName(), REFRESH_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static boolean isKafka(Bundle bundle) {
        return KAFKA.equals(bundle.getSymbolicName());
    }

    Bundle kafka() {
        for (Bundle bundle : context.getBundles()) {
            if (isKafka(bundle)) {
                return bundle;
            }
        }
        return null;
    }

    static String reason(Throwable failure) {
        Throwable deepest = failure;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        return switch (deepest) {
            case NoClassDefFoundError e -> missing(String.valueOf(e.getMessage()).replace('/', '.'));
            case ClassNotFoundException e -> missing(String.valueOf(e.getMessage()).split(" ")[0]);
            case LinkageError e -> e + "; the plugin was built against another version of that class";
            default -> deepest.getMessage() == null ? deepest.toString() : deepest.getMessage();
        };
    }

    private static String missing(String type) {
        return "class " + type + " is neither in the plugin nor offered by the platform; add the jar that has it to the plugin";
    }

    private static ClassLoader loader(Bundle bundle) {
        BundleWiring wiring = bundle.adapt(BundleWiring.class);
        return wiring == null ? null : wiring.getClassLoader();
    }
}
