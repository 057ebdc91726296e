package io.millrace.kernel;

import io.millrace.api.config.NodeConfig;
import io.millrace.api.health.HealthCheck;
import io.millrace.api.http.HttpResource;
import io.millrace.api.plugin.PluginManager;
import io.millrace.kernel.archive.Limits;
import io.millrace.kernel.http.HttpListener;
import io.millrace.kernel.metrics.Metrics;
import io.millrace.kernel.plugin.HotDeploy;
import io.millrace.kernel.plugin.LivePlugins;
import io.millrace.kernel.plugin.PluginRules;
import io.millrace.kernel.status.PluginsResource;
import io.millrace.kernel.status.StatusResource;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleListener;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.FrameworkListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the HTTP listener, and starts the plugins as soon as what they stand on runs. Plugins start on a thread of their own: the bundles
 * after this one, the broker among them, do not wait for them.
 */
public final class Activator implements BundleActivator {

    /** Service property of the kernel's resources: the address the HTTP listener is bound to. */
    static final String HTTP_ADDRESS = "millrace.http.address";

    private static final Logger LOG = LoggerFactory.getLogger(Activator.class);
    private static final String KAFKA = "io.millrace.kafka.api";
    private static final String EXTRA_PLUGINS = "millrace.extra.plugins";
    private static final int RESTORE_END_SECONDS = 3;

    private HttpListener http;
    private LivePlugins plugins;
    private HotDeploy deploy;
    private StatusResource status;
    private Metrics metrics;
    private ExecutorService restorer;

    @Override
    public void start(BundleContext context) throws IOException {
        NodeConfig config = NodeConfig.of(context);
        Limits limits = new Limits(config.getLong("plugin.max.bytes"), config.getLong("plugin.max.expanded.bytes"),
                config.getInt("plugin.max.entries"));
        http = HttpListener.open(context, config.get("http.listen"), config.getLong("http.body.max.bytes"));
        LOG.info("REST interface at http://{}", http.address());

        Path folder = config.data().resolve("plugins");
        plugins = new LivePlugins(context, folder, shippedFolders(context, config), limits, rules(config), InstantSource.system());
        Instant started = ProcessHandle.current().info().startInstant().orElseGet(Instant::now);
        status = new StatusResource(context, plugins, plugins.retired(), http.address(), InstantSource.system(), started);
        Dictionary<String, Object> address = new Hashtable<>();
        address.put(HTTP_ADDRESS, http.address());
        context.registerService(new String[] {PluginManager.class.getName(), HealthCheck.class.getName()}, plugins, address);
        context.registerService(HttpResource.class, status, address);
        context.registerService(HttpResource.class, new PluginsResource(plugins, plugins.retired(), folder.resolve("uploads"),
                config.data().resolve("dumps"), limits.packedBytes()), address);
        deploy = new HotDeploy(plugins, config.data().resolve(config.get("plugin.deploy.folder")), folder.resolve("deployed.json"));
        context.registerService(HealthCheck.class, deploy, address);
        deploy.start();
        metrics = Metrics.open(context, plugins, plugins.retired(), http.traffic());

        restorer = Executors.newSingleThreadExecutor(Thread.ofPlatform().name("plugins").daemon().factory());
        context.addBundleListener((BundleListener) event -> {
            // Also after each later bundle of the platform: a plugin that failed may have missed just that one.
            if (event.getType() == BundleEvent.STARTED && !plugins.isPlugin(event.getBundle()) && kafkaRuns(context)) {
                restoreSoon();
            }
        });
        context.addFrameworkListener((FrameworkListener) event -> {
            if (event.getType() == FrameworkEvent.STARTED || event.getType() == FrameworkEvent.STARTLEVEL_CHANGED && kafkaRuns(context)) {
                restoreSoon();
            }
        });
        if (kafkaRuns(context)) {
            restoreSoon();
        }
    }

    @Override
    public void stop(BundleContext context) throws InterruptedException {
        http.close();
        deploy.close();
        // First, so that a restore under way ends with the plugin it is at.
        plugins.close();
        restorer.shutdown();
        restorer.awaitTermination(RESTORE_END_SECONDS, TimeUnit.SECONDS);
        status.close();
        metrics.close();
    }

    private void restoreSoon() {
        try {
            restorer.execute(plugins::restore);
        } catch (RejectedExecutionException e) {
            LOG.debug("the kernel is stopping; plugins stay as they are");
        }
    }

    private static boolean kafkaRuns(BundleContext context) {
        for (Bundle bundle : context.getBundles()) {
            if (KAFKA.equals(bundle.getSymbolicName())) {
                return bundle.getState() == Bundle.ACTIVE;
            }
        }
        return false;
    }

    private static PluginRules rules(NodeConfig config) {
        return new PluginRules(config.getInt("plugin.kept.versions"), config.getLong("plugin.call.timeout.ms"), config.get("plugins.signature.policy"),
                config.etc().resolve(config.get("plugins.trusted.keys")));
    }

    private static List<Path> shippedFolders(BundleContext context, NodeConfig config) {
        List<Path> folders = new ArrayList<>();
        folders.add(config.home().resolve("plugins"));
        String extra = context.getProperty(EXTRA_PLUGINS);
        if (extra != null && !extra.isBlank()) {
            for (String folder : extra.split(Pattern.quote(File.pathSeparator))) {
                folders.add(Path.of(folder.strip()));
            }
        }
        return folders;
    }
}
