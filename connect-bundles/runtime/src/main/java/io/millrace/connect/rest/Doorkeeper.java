package io.millrace.connect.rest;

import io.millrace.api.health.HealthCheck;
import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpError;
import io.millrace.api.http.HttpResource;
import java.util.List;
import java.util.Set;

/**
 * Stands at the REST interface's paths from the runtime's first moment to its last. Until the runtime is ready it answers 503 with the reason, as
 * Kafka Connect's {@code /health} does (KIP-1017), so that nobody takes a connector for missing that has only not been read yet. Thread-safe.
 */
public final class Doorkeeper implements HttpResource, HealthCheck {

    private static final Set<String> PATHS = Set.of("", "health", "connectors", "connector-plugins", "admin");

    private volatile HttpResource open;
    private volatile Finding finding = new Finding("connect", "runtime", State.STARTING, "Worker is still starting up.");

    /** From here on calls are answered by the resource. */
    public void open(HttpResource resource) {
        open = resource;
        finding = null;
    }

    /** @param reason why the runtime is not ready yet, and what happens next */
    public void delayed(String reason) {
        finding = new Finding("connect", "runtime", State.DEGRADED, reason);
    }

    @Override
    public Set<String> paths() {
        return PATHS;
    }

    @Override
    public HttpAnswer handle(HttpCall call) throws Exception {
        HttpResource resource = open;
        if (resource != null) {
            return resource.handle(call);
        }
        Finding why = finding;
        String reason = why == null ? "" : why.detail();
        if (call.path().equals(List.of("health"))) {
            return Json.answer(503, Json.object("status", "starting", "message", reason));
        }
        throw new HttpError(503, reason);
    }

    @Override
    public List<Finding> findings() {
        Finding now = finding;
        return now == null ? List.of() : List.of(now);
    }
}
