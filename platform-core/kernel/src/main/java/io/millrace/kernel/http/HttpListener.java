package io.millrace.kernel.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpError;
import io.millrace.api.http.HttpResource;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.osgi.framework.BundleContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The listener: the JDK's HTTP server, one virtual thread a request. */
public final class HttpListener implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(HttpListener.class);
    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    private static final int BACKLOG = 128;

    static {
        // The server reads these when its classes initialise. Without the first, small answers on a kept connection wait for a delayed ACK.
        setDefault("sun.net.httpserver.nodelay", "true");
        setDefault("sun.net.httpserver.maxReqTime", "600");
    }

    private final HttpServer server;
    private final ExecutorService requests;
    private final Router router;
    private final SameOrigin sameOrigin;
    private final long largestBody;
    private final HttpTraffic traffic = new HttpTraffic();

    private HttpListener(HttpServer server, Router router, long largestBody) {
        this.server = server;
        this.router = router;
        this.largestBody = largestBody;
        this.sameOrigin = new SameOrigin(server.getAddress().getAddress());
        this.requests = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("http-", 0).factory());
    }

    /**
     * Binds and serves.
     *
     * @param listen value of {@code http.listen}
     * @throws IOException naming the address and the mend, if it cannot be bound
     */
    public static HttpListener open(BundleContext context, String listen, long largestBody) throws IOException {
        InetSocketAddress address = ListenAddress.parse("http.listen", listen).socketAddress();
        if (address.isUnresolved()) {
            throw new IOException("http.listen=" + listen + ": host " + address.getHostString() + " is unknown; use an address of this machine");
        }
        HttpServer server;
        try {
            server = HttpServer.create(address, BACKLOG);
        } catch (IOException e) {
            throw new IOException("http.listen=" + listen + " cannot be bound (" + e.getMessage()
                    + "); stop what uses the port, or set http.listen to another one", e);
        }
        HttpListener listener = new HttpListener(server, new Router(context), largestBody);
        listener.router.open();
        server.createContext("/", listener::serve);
        server.setExecutor(listener.requests);
        server.start();
        return listener;
    }

    /** The address bound, {@code host:port}; tells the port if 0 was asked for. */
    public String address() {
        return ListenAddress.text(server.getAddress());
    }

    public HttpTraffic traffic() {
        return traffic;
    }

    @Override
    public void close() {
        server.stop(0);
        requests.shutdownNow();
        router.close();
    }

    private void serve(HttpExchange exchange) {
        long began = System.nanoTime();
        try (exchange) {
            Routed routed = new Routed();
            HttpAnswer answer = answerTo(exchange, routed);
            answer(exchange, answer);
            String method = METHODS.contains(exchange.getRequestMethod()) ? exchange.getRequestMethod() : "other";
            traffic.answered(routed.path, method, answer.status(), System.nanoTime() - began);
        } catch (IOException e) {
            LOG.debug("client {} went away: {}", exchange.getRemoteAddress(), e.getMessage());
        } catch (RuntimeException | LinkageError e) {
            LOG.error("{} {} could not be answered", exchange.getRequestMethod(), exchange.getRequestURI(), e);
        }
    }

    /** Where a request was led. Confined to its thread. */
    private static final class Routed {
        private String path = "";
    }

    private HttpAnswer answerTo(HttpExchange exchange, Routed routed) {
        String method = exchange.getRequestMethod().toUpperCase(Locale.ROOT);
        try {
            Map<String, String> headers = new HashMap<>();
            exchange.getRequestHeaders().forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
            sameOrigin.check(headers);
            if (!METHODS.contains(method)) {
                throw new HttpError(405, "method " + method + " is not served here");
            }
            Target target = Target.of(exchange.getRequestURI());
            HttpResource resource = router.route(target.path())
                    .orElseThrow(() -> nothingAt("/" + String.join("/", target.path())));
            routed.path = Router.servedAt(resource, target.path());
            long limit = resource instanceof Upload upload ? upload.largestBody() : largestBody;
            if (contentLength(headers) > limit) {
                throw BoundedBody.tooLarge(limit);
            }
            return resource.handle(new HttpCall(method.equals("HEAD") ? "GET" : method, target.path(), target.query(), Map.copyOf(headers),
                    new BoundedBody(exchange.getRequestBody(), limit)));
        } catch (HttpError e) {
            return error(e.status(), e.getMessage());
        } catch (Exception | LinkageError e) {
            LOG.error("{} {} failed", method, exchange.getRequestURI(), e);
            return error(500, e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
        }
    }

    /** Before everything has started, nobody may take what is still to come for missing. */
    private HttpError nothingAt(String path) {
        return router.isComplete() ? new HttpError(404, "nothing is served at " + path)
                : new HttpError(503, "the platform is still starting; nothing is served at " + path + " yet");
    }

    private static long contentLength(Map<String, String> headers) {
        try {
            return Long.parseLong(headers.getOrDefault("content-length", "0"));
        } catch (NumberFormatException e) {
            throw new HttpError(400, "Content-Length '" + headers.get("content-length") + "' is not a number");
        }
    }

    private static void answer(HttpExchange exchange, HttpAnswer answer) throws IOException {
        answer.headers().forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
        boolean bodiless = exchange.getRequestMethod().equals("HEAD") || answer.body().length == 0;
        exchange.sendResponseHeaders(answer.status(), bodiless ? -1 : answer.body().length);
        if (!bodiless) {
            exchange.getResponseBody().write(answer.body());
        }
    }

    /** Kafka Connect's shape of an error. */
    private static HttpAnswer error(int status, String message) {
        return HttpAnswer.json(status, "{\"error_code\":" + status + ",\"message\":\""
                + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(String.valueOf(message))) + "\"}");
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
