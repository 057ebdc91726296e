package io.millrace.kernel.metrics;

import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpError;
import io.millrace.api.http.HttpResource;
import io.millrace.api.plugin.PluginScope;
import java.util.Map;
import java.util.Set;

/** {@code GET /metrics}, for Prometheus. Nothing of it is loaded before the first scrape. */
final class MetricsResource implements HttpResource, AutoCloseable {

    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private final Sources sources;
    private Registry registry;

    MetricsResource(Sources sources) {
        this.sources = sources;
    }

    @Override
    public Set<String> paths() {
        return Set.of("metrics");
    }

    @Override
    public HttpAnswer handle(HttpCall call) {
        if (call.path().size() > 1) {
            throw new HttpError(404, "nothing is served at /" + String.join("/", call.path()));
        }
        if (!call.method().equals("GET")) {
            throw new HttpError(405, "method " + call.method() + " is not served at /metrics; GET scrapes");
        }
        String type = call.headers().getOrDefault("accept", "").contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
        // The registry's libraries look for their settings with the context class loader.
        try (var _ = PluginScope.of(MetricsResource.class.getClassLoader())) {
            return new HttpAnswer(200, Map.of("Content-Type", type), registry().scrape(type));
        }
    }

    private synchronized Registry registry() {
        if (registry == null) {
            registry = new Registry(sources);
        }
        return registry;
    }

    @Override
    public synchronized void close() {
        if (registry != null) {
            registry.close();
        }
    }
}
