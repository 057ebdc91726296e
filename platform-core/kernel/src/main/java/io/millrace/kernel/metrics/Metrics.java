package io.millrace.kernel.metrics;

import io.millrace.api.http.HttpResource;
import io.millrace.api.metrics.MeterSource;
import io.millrace.api.plugin.PluginManager;
import io.millrace.kernel.http.HttpTraffic;
import io.millrace.kernel.jmx.JmxExport;
import io.millrace.kernel.plugin.RetiredLoaders;
import org.osgi.framework.BundleContext;

/** Serves all sources' meters, the kernel's own among them, at {@code /metrics} and as MBeans. */
public final class Metrics implements AutoCloseable {

    private final Sources sources;
    private final MetricsResource resource;
    private final JmxExport beans;

    private Metrics(Sources sources, MetricsResource resource, JmxExport beans) {
        this.sources = sources;
        this.resource = resource;
        this.beans = beans;
    }

    public static Metrics open(BundleContext context, PluginManager plugins, RetiredLoaders retired, HttpTraffic http) {
        Sources sources = new Sources(context);
        MetricsResource resource = new MetricsResource(sources);
        context.registerService(MeterSource.class, new KernelMeters(context, plugins, retired, http, sources), null);
        context.registerService(HttpResource.class, resource, null);
        return new Metrics(sources, resource, JmxExport.start(sources::all));
    }

    @Override
    public void close() throws InterruptedException {
        beans.close();
        resource.close();
        sources.close();
    }
}
