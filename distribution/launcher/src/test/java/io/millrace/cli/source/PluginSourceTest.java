package io.millrace.cli.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginSourceTest {

    @TempDir
    private Path folder;
    private Path work;
    private final List<String> progress = new ArrayList<>();
    private HttpServer server;

    @BeforeEach
    void serve() throws IOException {
        work = Files.createDirectory(folder.resolve("work"));
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/files/", exchange -> {
            byte[] answer = "twelve bytes".getBytes();
            boolean chunked = exchange.getRequestURI().getPath().contains("chunked");
            exchange.sendResponseHeaders(200, chunked ? 0 : answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.createContext("/moved", exchange -> {
            exchange.getResponseHeaders().set("Location", "/files/sink-2.0.zip?token=a/b");
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stopServing() {
        server.stop(0);
    }

    @Test
    void aFileIsTakenWhereItLies() throws IOException {
        Path file = Files.writeString(folder.resolve("a-1.0.jar"), "x");
        assertThat(fetch(file.toString())).isEqualTo(file);
        assertThat(fetch(file.toUri().toString())).isEqualTo(file);
    }

    @Test
    void aFolderOfJarsBecomesTheSameZipEachTime() throws IOException {
        Path plugin = Files.createDirectories(folder.resolve("file-connector-1.2/lib"));
        Files.writeString(plugin.resolve("b.jar"), "b");
        Files.writeString(plugin.resolve("a.jar"), "a");
        Files.writeString(plugin.resolve("README"), "no jar");
        Path zip = fetch(plugin.getParent().toString());
        assertThat(zip.getFileName()).hasToString("file-connector-1.2.zip");
        byte[] first = Files.readAllBytes(zip);
        try (ZipFile file = new ZipFile(zip.toFile())) {
            assertThat(file.stream().map(ZipEntry::getName)).containsExactly("0000/a.jar", "0001/b.jar");
        }
        assertThat(Files.readAllBytes(fetch(plugin.getParent().toString()))).isEqualTo(first);
    }

    @Test
    void aUrlIsFetchedUnderItsLastName() throws IOException {
        Path file = fetch(url() + "/files/my%20sink-1.0.jar?download=1");
        assertThat(file.getFileName()).hasToString("my_sink-1.0.jar");
        assertThat(file).hasContent("twelve bytes");
        assertThat(fetch(url() + "/moved").getFileName()).hasToString("sink-2.0.zip");
    }

    @Test
    void aDownloadThatIsTooLargeIsCutWhetherAnnouncedOrNot() {
        for (String name : List.of("plain.jar", "chunked.jar")) {
            assertThatThrownBy(() -> PluginSource.of(url() + "/files/" + name, 11, () -> folder).fetch(work, progress::add))
                    .hasMessageContaining("is larger than 11 bytes");
        }
    }

    @Test
    void aMissingSourceIsNamed() {
        assertThatThrownBy(() -> fetch(url() + "/nothing.jar")).hasMessageEndingWith("/nothing.jar answered 404 Not Found");
        assertThatThrownBy(() -> fetch(folder.resolve("no.jar").toString())).hasMessageEndingWith("no.jar does not exist");
        assertThatThrownBy(() -> fetch(work.toString())).hasMessageContaining("holds no jar");
        assertThatThrownBy(() -> fetch("ftp://host/x.jar")).hasMessageContaining("is no source of plugins");
        assertThatThrownBy(() -> fetch("mvn:a:b:1")).hasMessageContaining("has no jars; unpack the distribution again");
    }

    private Path fetch(String source) throws IOException {
        return PluginSource.of(source, 1 << 20, () -> folder).fetch(work, progress::add);
    }

    private String url() {
        return "http://" + server.getAddress().getHostString() + ":" + server.getAddress().getPort();
    }
}
