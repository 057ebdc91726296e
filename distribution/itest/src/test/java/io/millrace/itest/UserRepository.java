package io.millrace.itest;

import com.sun.net.httpserver.BasicAuthenticator;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A Maven repository that asks for a password, and the home of a user whose settings name it as the mirror of all others. */
final class UserRepository implements AutoCloseable {

    private final HttpServer server;
    private final Path home;
    private final Path repository;

    private UserRepository(HttpServer server, Path home, Path repository) {
        this.server = server;
        this.home = home;
        this.repository = repository;
    }

    static UserRepository start(Path folder) throws IOException {
        Path repository = Files.createDirectories(folder.resolve("repository")).toRealPath();
        Path home = folder.resolve("home");
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", SimpleFileServer.createFileHandler(repository)).setAuthenticator(new BasicAuthenticator("house") {
            @Override
            public boolean checkCredentials(String user, String password) {
                return user.equals("builder") && password.equals("secret");
            }
        });
        server.start();
        Files.createDirectories(home.resolve(".m2"));
        Files.writeString(home.resolve(".m2/settings.xml"), """
                <settings>
                  <mirrors><mirror><id>house</id><mirrorOf>*</mirrorOf><url>http://127.0.0.1:%d</url></mirror></mirrors>
                  <servers><server><id>house</id><username>builder</username><password>secret</password></server></servers>
                </settings>""".formatted(server.getAddress().getPort()));
        return new UserRepository(server, home, repository);
    }

    void publish(String group, String artifact, String version, Path jar) throws IOException {
        Path folder = Files.createDirectories(repository.resolve(group.replace('.', '/')).resolve(artifact).resolve(version));
        Files.copy(jar, folder.resolve(artifact + "-" + version + ".jar"));
        Files.writeString(folder.resolve(artifact + "-" + version + ".pom"), """
                <project><modelVersion>4.0.0</modelVersion><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></project>"""
                .formatted(group, artifact, version));
    }

    /** For commands of that user. */
    Map<String, String> environment() {
        return Map.of("MILLRACE_OPTS", "-Duser.home=" + home);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
