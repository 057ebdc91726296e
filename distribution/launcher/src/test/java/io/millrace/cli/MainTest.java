package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {

    @TempDir
    private Path folder;

    private final PrintStream standardOut = System.out;
    private final PrintStream standardError = System.err;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final StringBuilder asked = new StringBuilder();
    private HttpServer server;

    @BeforeEach
    void serve() throws IOException {
        System.setOut(new PrintStream(output, true));
        System.setErr(System.out);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            if (exchange.getRequestURI().getPath().equals("/plugins/events")) {
                exchange.sendResponseHeaders(200, 2);
                exchange.getResponseBody().write("[]".getBytes());
                exchange.close();
                return;
            }
            asked.append(exchange.getRequestMethod()).append(' ').append(exchange.getRequestURI()).append(' ')
                    .append(new String(exchange.getRequestBody().readAllBytes()));
            boolean refused = exchange.getRequestMethod().equals("DELETE");
            byte[] answer = (refused ? "{\"error_code\":404,\"message\":\"plugin x y is not installed\"}"
                    : "[{\"name\":\"jdbc\",\"version\":\"1.0.0\",\"state\":\"ACTIVE\",\"detail\":null}]").getBytes();
            exchange.sendResponseHeaders(refused ? 404 : 200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stopServing() {
        server.stop(0);
        System.setOut(standardOut);
        System.setErr(standardError);
    }

    @Test
    void pluginsAreListedAsATable() {
        assertThat(Main.run("plugin", "list", "--url", url())).isZero();
        assertThat(output.toString().lines()).containsExactly("NAME  VERSION  STATE   DETAIL", "jdbc  1.0.0    ACTIVE");
    }

    @Test
    void aPluginFileIsSentUnderItsName() throws IOException {
        Path file = Files.writeString(folder.resolve("my plugin.zip"), "bytes");
        assertThat(Main.run("plugin", "install", file.toString(), "--url", url())).isZero();
        assertThat(asked.toString()).startsWith("POST /plugins?filename=my%20plugin.zip&sha256=277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9&tag=")
                .endsWith(" bytes").doesNotContain("signature");
    }

    @Test
    void anUpdateTakesNameAndSourceInThatOrder() throws IOException {
        Path file = Files.writeString(folder.resolve("jdbc-2.jar"), "bytes");
        assertThat(Main.run("plugin", "update", "jdbc", file.toString(), "--url", url())).isZero();
        assertThat(asked.toString()).startsWith("PUT /plugins/jdbc?filename=jdbc-2.jar&sha256=");
    }

    @Test
    void aFileWithAnotherChecksumIsNotSent() throws IOException {
        Path file = Files.writeString(folder.resolve("jdbc-2.jar"), "bytes");
        assertThat(Main.run("plugin", "install", file.toString(), "--sha256", "00ff", "--url", url())).isEqualTo(1);
        assertThat(output.toString()).contains("expected 00ff");
        assertThat(asked).isEmpty();
    }

    @Test
    void aSignatureBesideTheFileGoesAlong() throws IOException {
        Path file = Files.writeString(folder.resolve("jdbc-2.jar"), "bytes");
        assertThat(Main.run("plugin", "key", folder.resolve("acme").toString())).isZero();
        assertThat(Main.run("plugin", "sign", file.toString(), "--key", folder.resolve("acme.key").toString())).isZero();
        assertThat(Main.run("plugin", "install", file.toString(), "--url", url())).isZero();
        assertThat(asked.toString()).contains("&signature=" + Rest.encode(Files.readString(folder.resolve("jdbc-2.jar.sig")).strip()));
        assertThat(Main.run("plugin", "key", folder.resolve("acme").toString())).as("no key is overwritten").isEqualTo(1);
    }

    @Test
    void aRefusalIsOneLineWithThePlatformsWords() {
        assertThat(Main.run("plugin", "remove", "x y", "--url", url())).isEqualTo(1);
        assertThat(output.toString().lines()).containsExactly("millrace: plugin x y is not installed");
        assertThat(asked).hasToString("DELETE /plugins/x%20y ");
    }

    @Test
    void everyCommandTellsTheVersion() {
        assertThat(Main.run("--version")).isZero();
        assertThat(Main.run("start", "-V")).isZero();
        assertThat(Main.run("plugin", "list", "--version")).isZero();
        assertThat(output.toString().lines()).hasSize(3).allSatisfy(line -> assertThat(line).startsWith("Millrace "));
    }

    @Test
    void whereNothingRunsTheFolderIsNamed() {
        assertThat(Main.run("stop", "--data", folder.toString())).isEqualTo(1);
        assertThat(output.toString().lines()).singleElement().asString().contains("no Millrace runs", folder.toString());
    }

    @Test
    void anUnknownCommandIsToldFromAFailure() {
        assertThat(Main.run("strat")).isEqualTo(2);
        assertThat(output.toString()).contains("strat");
    }

    private String url() {
        return "http://" + server.getAddress().getHostString() + ":" + server.getAddress().getPort();
    }
}
