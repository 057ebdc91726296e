package io.millrace.kernel.http;

import io.millrace.api.http.HttpResource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.condition.Condition;
import org.osgi.util.tracker.ServiceTracker;

/** Finds the resource with the longest path that a request's path starts with. Resources come and go as services. */
final class Router implements AutoCloseable {

    /** Registered by whoever starts the platform's bundles, once they have started. */
    private static final String STARTED = "(" + Condition.CONDITION_ID + "=millrace.started)";

    private final BundleContext context;
    private final Map<String, HttpResource> byPath = new ConcurrentHashMap<>();
    private final ServiceTracker<HttpResource, HttpResource> tracker;
    private volatile boolean complete;

    Router(BundleContext context) {
        this.context = context;
        this.tracker = new ServiceTracker<>(context, HttpResource.class, null) {
            @Override
            public HttpResource addingService(ServiceReference<HttpResource> reference) {
                HttpResource resource = Router.this.context.getService(reference);
                if (resource != null) {
                    resource.paths().forEach(path -> byPath.putIfAbsent(path, resource));
                }
                return resource;
            }

            @Override
            public void removedService(ServiceReference<HttpResource> reference, HttpResource resource) {
                byPath.values().removeIf(resource::equals);
                Router.this.context.ungetService(reference);
            }
        };
    }

    void open() {
        tracker.open();
    }

    Optional<HttpResource> route(List<String> path) {
        for (int length = path.size(); length > 0; length--) {
            HttpResource resource = byPath.get(String.join("/", path.subList(0, length)));
            if (resource != null) {
                return Optional.of(resource);
            }
        }
        return path.isEmpty() ? Optional.ofNullable(byPath.get("")) : Optional.empty();
    }

    /** The one of the resource's paths that the request's path starts with. */
    static String servedAt(HttpResource resource, List<String> path) {
        for (int length = path.size(); length > 0; length--) {
            String start = String.join("/", path.subList(0, length));
            if (resource.paths().contains(start)) {
                return "/" + start;
            }
        }
        return "/";
    }

    /** Whether all bundles of the platform had the time to register what they serve. */
    boolean isComplete() {
        if (!complete) {
            try {
                complete = !context.getServiceReferences(Condition.class, STARTED).isEmpty();
            } catch (InvalidSyntaxException e) {
                throw new IllegalStateException(e);
            }
        }
        return complete;
    }

    @Override
    public void close() {
        tracker.close();
    }
}
