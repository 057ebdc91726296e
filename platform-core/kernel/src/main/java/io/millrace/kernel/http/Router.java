package io.millrace.kernel.http;

import io.millrace.api.http.HttpResource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.util.tracker.ServiceTracker;

/** Finds the resource with the longest path that a request's path starts with. Resources come and go as services. */
final class Router implements AutoCloseable {

    private final BundleContext context;
    private final Map<String, HttpResource> byPath = new ConcurrentHashMap<>();
    private final ServiceTracker<HttpResource, HttpResource> tracker;

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

    @Override
    public void close() {
        tracker.close();
    }
}
