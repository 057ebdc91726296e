package io.millrace.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedPostgresTest {

    /** Unpacking takes longer than all else: once for all tests, but for the one that gives the files away. */
    @TempDir
    private static Path unpacked;
    private Path folder;

    @BeforeAll
    static void unpack() throws IOException {
        ServerBinaries.unpackedIn(unpacked);
    }

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createTempDirectory(unpacked, "test");
    }

    private Path withServer(Path place) throws IOException {
        Files.createDirectories(place);
        Files.createSymbolicLink(place.resolve("server"), unpacked.resolve("server"));
        return place;
    }

    @Test
    void dataSurvivesARestartAndLogicalDecodingWorks() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(withServer(folder))) {
            execute(postgres.url(), "create table t(id int primary key)");
            execute(postgres.url(), "select pg_create_logical_replication_slot('s', 'pgoutput')");
            execute(postgres.url(), "insert into t values (42)");
        }
        assertThat(folder.resolve("data/postmaster.pid")).doesNotExist();
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(folder)) {
            assertThat(query(postgres.url(), "select id from t")).isEqualTo("42");
            assertThat(query(postgres.url(), "show fsync")).isEqualTo("on");
            assertThat(query(postgres.url(), "show synchronous_commit")).isEqualTo("on");
        }
    }

    @Test
    void aFolderInUseIsRefusedWithItsOwnersNumber() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(withServer(folder))) {
            assertThatThrownBy(() -> EmbeddedPostgres.start(folder))
                    .hasMessageContaining(folder.toString()).hasMessageContaining(Long.toString(ProcessHandle.current().pid()));
            assertThat(query(postgres.url(), "select 1")).isEqualTo("1");
        }
    }

    @Test
    void theServerOfAKilledProcessIsReplaced() throws Exception {
        List<String> command = List.of(ProcessHandle.current().info().command().orElseThrow(), "-cp", System.getProperty("java.class.path"),
                StartAndHang.class.getName(), withServer(folder).toString());
        Process owner = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String url = owner.inputReader().readLine();
        execute(url, "create table t(id int primary key)");
        owner.destroyForcibly().waitFor();
        assertThat(query(url, "select count(*) from t")).as("the server outlives its owner").isEqualTo("0");
        long survivor = Long.parseLong(Files.readAllLines(folder.resolve("data/postmaster.pid")).getFirst());
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(folder)) {
            assertThat(ProcessHandle.of(survivor).filter(ProcessHandle::isAlive)).isEmpty();
            assertThat(query(postgres.url(), "select count(*) from t")).isEqualTo("0");
        }
    }

    @Test
    void aTakenPortIsNamedWithTheServersOwnWords() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(withServer(folder.resolve("one")))) {
            Path other = withServer(folder.resolve("two"));
            assertThatThrownBy(() -> EmbeddedPostgres.start(other, postgres.port())).hasMessageContaining("Address already in use");
        }
    }

    @Test
    void rootWithoutUserNamespacesRunsItAsNobody() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "running as nobody is not tested: it needs root");
        for (Path entered : List.of(unpacked, folder)) {
            Files.setPosixFilePermissions(entered, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(folder.resolve("pg"), 0, Privileges.NOBODY)) {
            assertThat(query(postgres.url(), "select 1")).isEqualTo("1");
        }
    }

    @Test
    void archivesAreNamedByMachine() {
        assertThat(ServerBinaries.archive("Linux", "amd64")).isEqualTo("postgres-linux-x86_64.txz");
        assertThat(ServerBinaries.archive("Mac OS X", "aarch64")).isEqualTo("postgres-darwin-arm_64.txz");
    }

    private static void execute(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, "postgres", ""); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String query(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, "postgres", ""); Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    static final class StartAndHang {
        public static void main(String[] arguments) throws Exception {
            System.out.println(EmbeddedPostgres.start(Path.of(arguments[0])).url());
            // Nothing comes; it ends when the test does that was to kill this process.
            System.in.read();
        }
    }
}
