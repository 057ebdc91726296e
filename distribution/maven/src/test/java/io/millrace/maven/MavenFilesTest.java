package io.millrace.maven;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.BasicAuthenticator;
import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Repositories reached only because of the user's settings: one is the mirror of everything else, one asks for a password, one is behind a proxy. */
class MavenFilesTest {

    /** One for all tests: the library reads the user's home once. */
    @TempDir
    private static Path home;
    private static final String BEFORE = System.getProperty("user.home");
    private static final List<String> PROXIED = new CopyOnWriteArrayList<>();
    private static HttpServer server;
    private static HttpServer closed;
    private static HttpServer proxy;
    private final List<String> progress = new ArrayList<>();

    @BeforeAll
    static void aRepositoryAndTheSettingsThatLeadToIt() throws IOException {
        Path repository = home.resolve("repository");
        publish(repository, "org.example", "sink", "1.0", "jar", dependency("org.example", "codec", "compile")
                + dependency("org.example", "driver", "runtime") + dependency("org.apache.kafka", "connect-api", "compile")
                + dependency("org.example", "junit", "test") + dependency("org.example", "container", "provided"));
        publish(repository, "org.example", "codec", "1.0", "jar", "");
        publish(repository, "org.example", "driver", "1.0", "jar", "");
        publish(repository, "org.example", "cdc", "1.0", "tar.gz", "");
        Path archive = repository.resolve("org/example/cdc/1.0");
        Files.move(archive.resolve("cdc-1.0.tar.gz"), archive.resolve("cdc-1.0-plugin.tar.gz"));
        // Only its description is needed, for it is never fetched.
        publish(repository, "org.apache.kafka", "connect-api", "1.0", "pom", "");
        Files.createDirectories(home.resolve(".m2"));
        server = SimpleFileServer.createFileServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), repository.toRealPath(),
                SimpleFileServer.OutputLevel.NONE);
        server.start();
        Path inner = home.resolve("inner");
        publish(inner, "org.example", "secret", "1.0", "jar", dependency("org.example", "codec", "compile"));
        publish(inner.resolve("vault"), "org.example", "hidden", "1.0", "jar", "");
        publish(inner.resolve("lost"), "org.example", "lost", "1.0", "jar", "");
        closed = fileServer();
        BasicAuthenticator onlyBuilders = new BasicAuthenticator("inner") {
            @Override
            public boolean checkCredentials(String user, String password) {
                return user.equals("builder") && password.equals("pa&ss");
            }
        };
        closed.createContext("/", SimpleFileServer.createFileHandler(inner.toRealPath())).setAuthenticator(onlyBuilders);
        // Open to those who look for what is not there.
        closed.createContext("/lost", SimpleFileServer.createFileHandler(inner.resolve("lost").toRealPath()));
        closed.createContext("/lost/org/example/lost", SimpleFileServer.createFileHandler(inner.resolve("lost/org/example/lost").toRealPath()))
                .setAuthenticator(onlyBuilders);
        // As mvn 3.9.11 --encrypt-master-password and --encrypt-password wrote them.
        Files.writeString(home.resolve(".m2/settings-security.xml"),
                "<settingsSecurity><master>{VfuvIlJTAfgHhK2o0eoFmNCpEl8yoV7yPXpVFFvPY30=}</master></settingsSecurity>");
        Path far = home.resolve("far");
        publish(far.resolve("maven"), "org.example", "remote", "1.0", "jar", "");
        proxy = fileServer();
        proxy.createContext("/", SimpleFileServer.createFileHandler(far.toRealPath())).getFilters().add(Filter.beforeHandler("what is asked of it",
                exchange -> PROXIED.add(exchange.getRequestURI().toString())));
        Files.writeString(home.resolve(".m2/settings.xml"), """
                <settings>
                  <localRepository>%1$s</localRepository>
                  <mirrors><mirror><id>house</id><mirrorOf>*,!inner,!far,!vault,!lost</mirrorOf><url>http://127.0.0.1:%2$d</url></mirror></mirrors>
                  <servers>
                    <server><id>inner</id><username>builder</username><password>pa&amp;ss</password></server>
                    <server><id>vault</id><username>builder</username><password>{m/VjGogNkI8HSZ5AY6pbkHBal7FJEPrXAat5uU94g5A=}</password></server>
                    <server><id>lost</id><username>builder</username><password>{VfuvIlJTAfgHhK2o0eoFmNCpEl8yoV7yPXpVFFvPY30=}</password></server>
                  </servers>
                  <proxies><proxy><id>way-out</id><active>true</active><protocol>http</protocol><host>127.0.0.1</host><port>%4$d</port>
                    <nonProxyHosts>127.0.0.1</nonProxyHosts></proxy></proxies>
                  <profiles><profile><id>ours</id><repositories>
                    <repository><id>inner</id><url>http://127.0.0.1:%3$d</url></repository>
                    <repository><id>vault</id><url>http://127.0.0.1:%3$d/vault</url></repository>
                    <repository><id>lost</id><url>http://127.0.0.1:%3$d/lost</url></repository>
                    <repository><id>far</id><url>http://repository.invalid/maven</url></repository>
                  </repositories></profile></profiles>
                  <activeProfiles><activeProfile>ours</activeProfile></activeProfiles>
                </settings>""".formatted(home.resolve("local"), server.getAddress().getPort(), closed.getAddress().getPort(),
                proxy.getAddress().getPort()));
        System.setProperty("user.home", home.toString());
        // That of the build, whose own local repository is not the user's here.
        System.clearProperty("maven.repo.local");
        System.clearProperty("maven.repo.local.tail");
    }

    private static HttpServer fileServer() throws IOException {
        HttpServer made = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        made.start();
        return made;
    }

    @AfterAll
    static void leave() {
        server.stop(0);
        closed.stop(0);
        proxy.stop(0);
        System.setProperty("user.home", BEFORE);
    }

    @Test
    void anArtifactComesWithItsRuntimeDependenciesButWithoutWhatThePlatformHas() {
        assertThat(names(new MavenFiles().apply("org.example:sink:1.0", progress::add))).containsExactly("sink-1.0.jar", "codec-1.0.jar", "driver-1.0.jar");
        assertThat(progress).contains("fetching org.example:sink:jar:1.0 from house", "fetching org.example:driver:jar:1.0 from house");
    }

    @Test
    void anArchiveBehindAClassifierIsFoundWithoutItsExtension() {
        assertThat(names(new MavenFiles().apply("org.example:cdc:1.0:plugin", progress::add))).containsExactly("cdc-1.0-plugin.tar.gz");
        assertThat(names(new MavenFiles().apply("org.example:cdc:1.0:plugin@tar.gz", progress::add))).containsExactly("cdc-1.0-plugin.tar.gz");
    }

    @Test
    void aRepositoryThatAsksForAPasswordGetsTheOneOfItsServerEntry() {
        assertThat(names(new MavenFiles().apply("org.example:secret:1.0", progress::add))).containsExactly("secret-1.0.jar", "codec-1.0.jar");
        assertThat(progress).contains("fetching org.example:secret:jar:1.0 from inner");
    }

    @Test
    void anEncryptedPasswordIsDecryptedWithTheUsersMasterPassword() {
        assertThat(names(new MavenFiles().apply("org.example:hidden:1.0", progress::add))).containsExactly("hidden-1.0.jar");
        assertThat(progress).contains("fetching org.example:hidden:jar:1.0 from vault");
    }

    @Test
    void aPasswordThatAnotherMasterPasswordEncryptedIsNamed() {
        assertThatThrownBy(() -> new MavenFiles().apply("org.example:lost:1.0", progress::add)).hasMessageContaining("401")
                .hasMessageContaining("the password of server lost is encrypted and cannot be decrypted with " + home.resolve(".m2/settings-security.xml"));
    }

    @Test
    void aRepositoryThatOnlyTheProxyReachesIsAskedThroughIt() {
        assertThat(names(new MavenFiles().apply("org.example:remote:1.0", progress::add))).containsExactly("remote-1.0.jar");
        assertThat(PROXIED).contains("http://repository.invalid/maven/org/example/remote/1.0/remote-1.0.jar");
    }

    @Test
    void whatIsNowhereIsNamedWithTheRepositoriesAsked() {
        assertThatThrownBy(() -> new MavenFiles().apply("org.example:nothing:1.0", progress::add))
                .hasMessageContaining("mvn:org.example:nothing:1.0 is in none of the repositories").hasMessageContaining("house")
                .hasMessageContaining("settings.xml");
        assertThatThrownBy(() -> new MavenFiles().apply("org.example", progress::add)).hasMessageContaining("is not mvn:GROUP:ARTIFACT:VERSION");
    }

    private static List<String> names(List<Path> files) {
        return files.stream().map(file -> file.getFileName().toString()).toList();
    }

    private static String dependency(String group, String artifact, String scope) {
        return "<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>1.0</version><scope>%s</scope></dependency>"
                .formatted(group, artifact, scope);
    }

    private static void publish(Path repository, String group, String artifact, String version, String extension, String dependencies) throws IOException {
        Path folder = Files.createDirectories(repository.resolve(group.replace('.', '/')).resolve(artifact).resolve(version));
        Files.writeString(folder.resolve(artifact + "-" + version + "." + extension), "content");
        Files.writeString(folder.resolve(artifact + "-" + version + ".pom"), """
                <project><modelVersion>4.0.0</modelVersion><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version>
                <dependencies>%s</dependencies></project>""".formatted(group, artifact, version, dependencies));
    }
}
