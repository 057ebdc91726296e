package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginException;
import io.millrace.api.plugin.PluginScope;
import io.millrace.kernel.sweep.DriverSweep;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
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
    private final AtomicLong lives = new AtomicLong();

    BundleStage(BundleContext context, RetiredLoaders retired) {
        this.context = context;
        this.retired = retired;
    }

    /** Drops what an earlier process left in the framework's cache: the store says what is to run, not the cache. */
    void clear() {
        for (Bundle bundle : context.getBundles()) {
            if (bundle.getLocation().startsWith(LOCATION)) {
                uninstall(bundle);
            }
        }
    }

    /** Installs, resolves and starts. On an exception nothing of the bundle is left. */
    BundlePlugin start(String name, Path file) throws PluginException {
        Bundle bundle;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 64 * 1024)) {
            bundle = context.installBundle(LOCATION + name + "#" + lives.incrementAndGet(), in);
        } catch (BundleException | IOException e) {
            throw new PluginException("plugin " + name + " cannot be installed: " + reason(e), e);
        }
        try {
            List<String> missing = new Resolution(context).missing(bundle);
            if (!missing.isEmpty()) {
                throw new PluginException("plugin " + name + " " + bundle.getVersion() + " does not resolve: " + String.join("; ", missing));
            }
            Bundle kafka = kafka();
            if (kafka != null) {
                bundle.adapt(BundleStartLevel.class).setStartLevel(kafka.adapt(BundleStartLevel.class).getStartLevel());
            }
            BundlePlugin plugin = new BundlePlugin(name, bundle, kafka == null ? null : loader(kafka));
            try (var _ = PluginScope.of(plugin)) {
                bundle.start(Bundle.START_TRANSIENT);
            }
            return plugin;
        } catch (BundleException | RuntimeException e) {
            uninstall(bundle);
            throw new PluginException("plugin " + name + " " + bundle.getVersion() + " does not start: " + reason(e), e);
        } catch (PluginException e) {
            uninstall(bundle);
            throw e;
        }
    }

    /** Stops and uninstalls; whatever goes wrong is logged, and the bundle is gone. */
    void remove(BundlePlugin plugin) {
        Bundle bundle = plugin.bundle();
        ClassLoader loader = loader(bundle);
        stop(plugin);
        sweep(plugin, loader);
        if (loader != null) {
            retired.retire(plugin.name(), plugin.version(), loader);
        }
        uninstall(bundle);
    }

    void stop(BundlePlugin plugin) {
        try (var _ = PluginScope.of(plugin)) {
            plugin.bundle().stop(Bundle.STOP_TRANSIENT);
        } catch (BundleException | RuntimeException e) {
            LOG.warn("{} did not stop cleanly: {}", plugin, reason(e));
        }
    }

    private static void sweep(BundlePlugin plugin, ClassLoader loader) {
        if (loader == null) {
            return;
        }
        try (var _ = PluginScope.of(plugin)) {
            Class<?> sweep = loader.loadClass(DriverSweep.class.getName());
            if (sweep.getClassLoader() == loader) {
                ((Runnable) sweep.getConstructor().newInstance()).run();
            }
        } catch (ClassNotFoundException e) {
            // The plugin was built as a bundle and cleans up in its own activator.
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            LOG.warn("{}: JDBC drivers may stay registered: {}", plugin, e.toString());
        }
    }

    private void uninstall(Bundle bundle) {
        try {
            bundle.uninstall();
        } catch (BundleException | IllegalStateException e) {
            LOG.warn("plugin bundle {} did not uninstall cleanly: {}", bundle.getSymbolicName(), reason(e));
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

    Bundle kafka() {
        for (Bundle bundle : context.getBundles()) {
            if (KAFKA.equals(bundle.getSymbolicName())) {
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
        return deepest.getMessage() == null || deepest instanceof LinkageError || deepest instanceof ClassNotFoundException
                ? deepest.toString() : deepest.getMessage();
    }

    private static ClassLoader loader(Bundle bundle) {
        BundleWiring wiring = bundle.adapt(BundleWiring.class);
        return wiring == null ? null : wiring.getClassLoader();
    }
}
