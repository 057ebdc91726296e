package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user gets wrong is answered with one line that names it and the mend, and with an exit code. */
class BadInputIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    @Test
    void aTakenPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Result result = start("--listen", "127.0.0.1:" + taken.getLocalPort());
            assertRefused(result, "127.0.0.1:" + taken.getLocalPort());
        }
    }

    @Test
    void aDataFolderInUseIsNamed() throws Exception {
        try (Millrace first = Millrace.start(folder.resolve("data"))) {
            Result result = start("--listen", "127.0.0.1:" + Millrace.freePort());
            assertRefused(result, folder.resolve("data").toString(), Long.toString(first.pid()));
            assertThat(first.answers("/status")).isTrue();
        }
    }

    @Test
    void aDataFolderThatIsAFileIsNamed() throws Exception {
        Files.writeString(folder.resolve("data"), "not a folder");
        assertRefused(start(), folder.resolve("data").toString());
    }

    @Test
    void anUnknownConfigurationKeyIsNamedWithItsNearestNeighbour() throws Exception {
        assertRefused(start("--set", "num.partitons=3"), "num.partitons", "num.partitions");
    }

    @Test
    void aWrongValueIsNamed() throws Exception {
        assertRefused(start("--set", "num.partitions=many"), "num.partitions", "many");
    }

    @Test
    void anUnreachableDatabaseIsNamed() throws Exception {
        int port = Millrace.freePort();
        Result result = Millrace.command(LIMIT, "demo", "--seconds", "5", "--data", folder.resolve("data").toString(),
                "--listen", "127.0.0.1:" + Millrace.freePort(), "--http", "127.0.0.1:" + Millrace.freePort(),
                "--postgres", "postgresql://postgres@127.0.0.1:" + port + "/postgres");
        assertRefused(result, Integer.toString(port));
    }

    @Test
    void aCorruptPluginIsRefusedAndEverythingElseRunsOn() throws Exception {
        Path corrupt = Files.writeString(folder.resolve("broken.jar"), "this is no archive");
        try (Millrace millrace = Millrace.start(folder.resolve("data"))) {
            Result result = Millrace.command(LIMIT, "plugin", "install", corrupt.toString(), "--data", folder.resolve("data").toString());
            assertRefused(result, "broken.jar");
            assertThat(millrace.get("/plugins").toString()).contains("jdbc").contains("cdc").doesNotContain("broken");
        }
    }

    @Test
    void stopAndStatusSayWhenNothingRuns() throws Exception {
        Result status = Millrace.command(LIMIT, "status", "--data", folder.resolve("data").toString());
        assertRefused(status, folder.resolve("data").toString());
    }

    @Test
    void stopEndsARunningPlatformCleanly() throws Exception {
        try (Millrace millrace = Millrace.start(folder.resolve("data"))) {
            Result result = Millrace.command(LIMIT, "stop", "--data", folder.resolve("data").toString());
            assertThat(result.exitCode()).as(result.output()).isZero();
            assertThat(millrace.exitCode(LIMIT)).isZero();
        }
    }

    private Result start(String... options) throws Exception {
        String[] command = new String[options.length + 5];
        command[0] = "start";
        command[1] = "--data";
        command[2] = folder.resolve("data").toString();
        command[3] = "--http";
        command[4] = "127.0.0.1:" + Millrace.freePort();
        System.arraycopy(options, 0, command, 5, options.length);
        return Millrace.command(LIMIT, command);
    }

    private static void assertRefused(Result result, String... named) {
        assertThat(result.exitCode()).as(result.output()).isNotZero();
        assertThat(result.output()).contains(named).doesNotContain("\tat ");
    }
}
