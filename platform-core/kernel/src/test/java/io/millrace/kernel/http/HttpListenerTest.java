package io.millrace.kernel.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpError;
import io.millrace.api.http.HttpResource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Hashtable;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.felix.framework.FrameworkFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.launch.Framework;
import org.osgi.service.condition.Condition;

class HttpListenerTest {

    private static final long LARGEST_BODY = 1000;

    @TempDir
    Path temp;

    private final HttpClient client = HttpClient.newHttpClient();
    private Framework framework;
    private HttpListener listener;

    @BeforeEach
    void listen() throws Exception {
        framework = new FrameworkFactory().newFramework(Map.of("org.osgi.framework.storage", temp.resolve("cache").toString()));
        framework.start();
        listener = HttpListener.open(framework.getBundleContext(), "127.0.0.1:0", LARGEST_BODY);
    }

    @AfterEach
    void close() throws Exception {
        client.shutdownNow();
        listener.close();
        framework.stop();
        framework.waitForStop(TimeUnit.SECONDS.toMillis(10));
    }

    private interface Handler {
        HttpAnswer handle(HttpCall call) throws Exception;
    }

    private ServiceRegistration<HttpResource> serve(Handler handler, String... paths) {
        return framework.getBundleContext().registerService(HttpResource.class, new HttpResource() {
            @Override
            public Set<String> paths() {
                return Set.of(paths);
            }

            @Override
            public HttpAnswer handle(HttpCall call) throws Exception {
                return handler.handle(call);
            }
        }, null);
    }

    private static HttpAnswer text(Object text) {
        return new HttpAnswer(200, Map.of("Content-Type", "text/plain"), text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private HttpRequest.Builder to(String target) {
        return HttpRequest.newBuilder(URI.create("http://" + listener.address() + target));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    @Test
    void aRequestIsRoutedByTheLongestPathAndArrivesDecoded() throws Exception {
        serve(call -> text("root"), "");
        serve(call -> text("connectors " + call.path() + call.query()), "connectors");
        serve(call -> text("loggers " + call.path()), "admin/loggers");
        assertThat(send(to("/")).body()).isEqualTo("root");
        assertThat(send(to("/connectors/a%2Fb/status?expand=in%20fo&expand=x+y&flag")).body())
                .isEqualTo("connectors [connectors, a/b, status]{expand=[in fo, x y], flag=[]}");
        assertThat(send(to("/admin/loggers/org.a+b")).body()).isEqualTo("loggers [admin, loggers, org.a+b]");
        allHaveStarted();
        assertThat(send(to("/admin")).statusCode()).isEqualTo(404);
    }

    @Test
    void untilAllBundlesHaveStartedNothingIsSaidToBeMissing() throws Exception {
        HttpResponse<String> early = send(to("/jobs"));
        assertThat(early.statusCode()).isEqualTo(503);
        assertThat(early.body()).contains("still starting");
        allHaveStarted();
        assertThat(send(to("/jobs")).statusCode()).isEqualTo(404);
    }

    private void allHaveStarted() {
        framework.getBundleContext().registerService(Condition.class, Condition.INSTANCE,
                new Hashtable<>(Map.of(Condition.CONDITION_ID, "millrace.started")));
    }

    @Test
    void aResourceThatLeavesIsNoLongerServed() throws Exception {
        allHaveStarted();
        ServiceRegistration<HttpResource> jobs = serve(call -> text("jobs"), "jobs");
        assertThat(send(to("/jobs")).statusCode()).isEqualTo(200);
        jobs.unregister();
        HttpResponse<String> gone = send(to("/jobs"));
        assertThat(gone.statusCode()).isEqualTo(404);
        assertThat(gone.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(gone.body()).isEqualTo("{\"error_code\":404,\"message\":\"nothing is served at /jobs\"}");
    }

    @Test
    void errorsHaveConnectsShapeAndNoStackTrace() throws Exception {
        serve(call -> {
            throw new HttpError(409, "busy with \"rebalance\"\n");
        }, "busy");
        serve(call -> {
            throw new IllegalStateException("the offsets topic is gone");
        }, "broken");
        assertThat(send(to("/busy")).body()).isEqualTo("{\"error_code\":409,\"message\":\"busy with \\\"rebalance\\\"\\n\"}");
        HttpResponse<String> broken = send(to("/broken"));
        assertThat(broken.statusCode()).isEqualTo(500);
        assertThat(broken.body()).isEqualTo("{\"error_code\":500,\"message\":\"the offsets topic is gone\"}");
    }

    @Test
    void aBodyArrivesWholeAndATooLargeOneIsRefusedWithOrWithoutAnnouncedLength() throws Exception {
        serve(call -> {
            try (InputStream body = call.body()) {
                return text(body.readAllBytes().length);
            }
        }, "echo");
        assertThat(send(to("/echo").POST(BodyPublishers.ofByteArray(new byte[(int) LARGEST_BODY]))).body()).isEqualTo("1000");
        byte[] large = new byte[(int) LARGEST_BODY + 1];
        assertThat(send(to("/echo").POST(BodyPublishers.ofByteArray(large))).statusCode()).isEqualTo(413);
        assertThat(send(to("/echo").POST(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(large)))).statusCode())
                .isEqualTo(413);
    }

    @Test
    void headAnswersAsGetWithoutTheBodyAndUnknownMethodsAreRefused() throws Exception {
        serve(call -> text(call.method()), "method");
        HttpResponse<String> head = send(to("/method").method("HEAD", BodyPublishers.noBody()));
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(send(to("/method").method("PATCH", BodyPublishers.noBody())).body()).isEqualTo("PATCH");
        assertThat(send(to("/method").method("TRACE", BodyPublishers.noBody())).statusCode()).isEqualTo(405);
    }

    @ParameterizedTest
    @CsvSource({
        "localhost:1, http://evil.example, 403",
        "evil.example:1, , 403",
        "localhost:1, http://localhost:1, 200",
        "127.0.0.1:1, , 200",
        "[::1]:1, , 200",
        "localhost:1, null, 403",
    })
    void pagesOfOthersAreKeptAway(String host, String origin, int status) throws Exception {
        serve(call -> text("ok"), "plugins");
        assertThat(raw("POST /plugins HTTP/1.1\r\nHost: " + host + "\r\n" + (origin == null ? "" : "Origin: " + origin + "\r\n")
                + "Content-Length: 0\r\nConnection: close\r\n\r\n")).startsWith("HTTP/1.1 " + status + " ");
    }

    @Test
    void aBadlyEncodedTargetIsRefusedAndTheListenerServesOn() throws Exception {
        serve(call -> text("ok"), "a");
        assertThat(raw("GET /a/%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).startsWith("HTTP/1.1 400");
        assertThat(send(to("/a")).body()).isEqualTo("ok");
    }

    @Test
    void requestsRunOnVirtualThreads() throws Exception {
        serve(call -> text(Thread.currentThread().isVirtual()), "thread");
        assertThat(send(to("/thread")).body()).isEqualTo("true");
    }

    @Test
    void aTakenPortIsToldInOneLineWithTheMend() {
        assertThatThrownBy(() -> HttpListener.open(framework.getBundleContext(), listener.address(), LARGEST_BODY))
                .isInstanceOf(IOException.class).hasMessageStartingWith("http.listen=" + listener.address() + " cannot be bound (")
                .hasMessageEndingWith("stop what uses the port, or set http.listen to another one").hasMessageNotContaining("\n");
    }

    private String raw(String request) throws IOException {
        int port = URI.create("http://" + listener.address()).getPort();
        try (Socket socket = new Socket("127.0.0.1", port); OutputStream out = socket.getOutputStream()) {
            out.write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }
}
