package io.millrace.kernel.status;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.api.broker.Broker;
import io.millrace.api.health.HealthCheck;
import io.millrace.api.health.HealthCheck.Finding;
import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpError;
import io.millrace.api.http.HttpResource;
import io.millrace.api.plugin.PluginManager;
import io.millrace.kernel.plugin.RetiredLoaders;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.util.tracker.ServiceTracker;

/** {@code GET /status}: what runs on this node and how it fares. */
public final class StatusResource implements HttpResource, AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final BundleContext context;
    private final PluginManager plugins;
    private final RetiredLoaders retired;
    private final String http;
    private final InstantSource clock;
    private final Instant started;
    private final ServiceTracker<HealthCheck, HealthCheck> checks;
    private final ServiceTracker<Broker, Broker> brokers;

    /**
     * @param http    the address this is served at
     * @param started when the process started
     */
    public StatusResource(BundleContext context, PluginManager plugins, RetiredLoaders retired, String http, InstantSource clock,
            Instant started) {
        this.context = context;
        this.plugins = plugins;
        this.retired = retired;
        this.http = http;
        this.clock = clock;
        this.started = started;
        this.checks = new ServiceTracker<>(context, HealthCheck.class, null);
        this.brokers = new ServiceTracker<>(context, Broker.class, null);
        checks.open();
        brokers.open();
    }

    @Override
    public Set<String> paths() {
        return Set.of("status");
    }

    @Override
    public HttpAnswer handle(HttpCall call) throws IOException {
        if (call.path().size() > 1) {
            throw new HttpError(404, "nothing is served at /" + String.join("/", call.path()));
        }
        if (!call.method().equals("GET")) {
            throw new HttpError(405, "method " + call.method() + " is not served at /status; GET tells the status");
        }
        ObjectNode root = JSON.createObjectNode();
        root.put("version", context.getBundle().getVersion().toString());
        root.put("pid", ProcessHandle.current().pid());
        root.put("uptime_ms", Duration.between(started, clock.instant()).toMillis());
        listeners(root.putObject("listen"));
        ArrayNode findings = JSON.createArrayNode();
        root.put("state", health(findings).name());
        root.set("health", findings);
        root.set("plugins", JSON.valueToTree(plugins.list()));
        ArrayNode loaders = root.putArray("unreclaimed_loaders");
        for (RetiredLoaders.Unreclaimed loader : retired.unreclaimed()) {
            loaders.addObject().put("plugin", loader.plugin()).put("version", loader.version()).put("age_ms", loader.age().toMillis())
                    .put("swept", String.join("; ", loader.swept()));
        }
        root.put("retired_loaders", retired.retiredInAll());
        ArrayNode stuck = root.putArray("stuck_plugin_threads");
        for (RetiredLoaders.StuckThread thread : retired.stuck()) {
            stuck.addObject().put("plugin", thread.plugin()).put("version", thread.version()).put("thread", thread.thread()).put("place", thread.place());
        }
        ArrayNode bundles = root.putArray("bundles");
        for (Bundle bundle : context.getBundles()) {
            bundles.addObject().put("name", bundle.getSymbolicName()).put("version", bundle.getVersion().toString())
                    .put("state", stateName(bundle.getState()));
        }
        return HttpAnswer.json(200, JSON.writeValueAsBytes(root));
    }

    @Override
    public void close() {
        checks.close();
        brokers.close();
    }

    private void listeners(ObjectNode listen) {
        listen.put("http", http);
        Broker broker = brokers.getService();
        if (broker != null) {
            listen.put("kafka", broker.bootstrapServers());
        }
    }

    /** @return the worst state found */
    private HealthCheck.State health(ArrayNode findings) {
        HealthCheck.State worst = HealthCheck.State.OK;
        for (HealthCheck check : checks.getTracked().values()) {
            for (Finding finding : check.findings()) {
                findings.addObject().put("kind", finding.kind()).put("name", finding.name()).put("state", finding.state().name())
                        .put("detail", finding.detail());
                worst = finding.state().compareTo(worst) > 0 ? finding.state() : worst;
            }
        }
        return worst;
    }

    private static String stateName(int state) {
        return switch (state) {
            case Bundle.INSTALLED -> "INSTALLED";
            case Bundle.RESOLVED -> "RESOLVED";
            case Bundle.STARTING -> "STARTING";
            case Bundle.ACTIVE -> "ACTIVE";
            case Bundle.STOPPING -> "STOPPING";
            default -> "UNINSTALLED";
        };
    }
}
