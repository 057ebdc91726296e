package io.millrace.kernel.metrics;

import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.MeterSource;
import io.millrace.api.metrics.Meters;
import io.millrace.api.metrics.Tags;
import io.millrace.api.plugin.PluginManager;
import io.millrace.kernel.http.HttpTraffic;
import io.millrace.kernel.plugin.RetiredLoaders;
import java.util.Map;
import java.util.TreeMap;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/** Bundles, plugins, class loaders that should be gone, and HTTP requests. */
final class KernelMeters implements MeterSource {

    private static final Meter BUNDLES = Meter.gauge("millrace_bundles", "Bundles of the framework by state.");
    private static final Meter PLUGIN = Meter.state("millrace_plugin_state", "1 for the state a plugin is in.");
    private static final Meter LOADERS = Meter.gauge("millrace_plugin_loaders_unreclaimed",
            "Class loaders of removed plugin versions that are still in memory; one that stays is a leak.");
    private static final Meter SOURCE_FAILURES = Meter.counter("millrace_metrics_failures_total", "Readings of a meter or of a source of meters that failed.");
    private static final Meter HTTP_REQUESTS = Meter.counter("millrace_http_requests_total", "Requests answered by the REST interface.");
    private static final Meter HTTP_SECONDS = Meter.histogram("millrace_http_request_seconds", "Time from a request's head to its whole answer.", 1e-6);

    private final BundleContext context;
    private final PluginManager plugins;
    private final RetiredLoaders retired;
    private final HttpTraffic http;
    private final Sources sources;

    KernelMeters(BundleContext context, PluginManager plugins, RetiredLoaders retired, HttpTraffic http, Sources sources) {
        this.context = context;
        this.plugins = plugins;
        this.retired = retired;
        this.http = http;
        this.sources = sources;
    }

    @Override
    public void tell(Meters meters) {
        Map<String, Integer> states = new TreeMap<>();
        for (Bundle bundle : context.getBundles()) {
            states.merge(state(bundle.getState()), 1, Integer::sum);
        }
        states.forEach((state, count) -> meters.gauge(BUNDLES, Tags.of("state", state), () -> count));
        plugins.list().forEach(plugin -> meters.state(PLUGIN, Tags.of("plugin", plugin.name(), "version", plugin.version()), () -> plugin.state().name()));
        meters.gauge(LOADERS, Tags.NONE, () -> retired.unreclaimed().size());
        meters.counter(SOURCE_FAILURES, Tags.NONE, sources::failures);
        http.routes().forEach((route, times) -> meters.distribution(HTTP_SECONDS, Tags.of("path", route), times));
        http.answers().forEach((answer, count) -> meters.counter(HTTP_REQUESTS,
                Tags.of("path", answer.path(), "method", answer.method(), "status", Integer.toString(answer.status())), count::sum));
    }

    /** There is nothing with an MBean. */
    @Override
    public Object shape() {
        return "";
    }

    private static String state(int state) {
        return switch (state) {
            case Bundle.INSTALLED -> "installed";
            case Bundle.RESOLVED -> "resolved";
            case Bundle.STARTING -> "starting";
            case Bundle.ACTIVE -> "active";
            case Bundle.STOPPING -> "stopping";
            default -> "uninstalled";
        };
    }
}
