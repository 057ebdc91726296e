package io.millrace.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A real PostgreSQL server: its binaries are unpacked from the class path, its data stays in a folder from run to run. It listens on
 * 127.0.0.1 only, trusts everyone there, keeps {@code fsync} on and has {@code wal_level=logical}. The superuser is {@code postgres}.
 *
 * <p>The server outlives a JVM that is killed; the next {@link #start} on the folder stops it first. Thread-safe. Every method blocks.
 */
public final class EmbeddedPostgres implements AutoCloseable {

    private static final int START_SECONDS = 60;
    private static final int STOP_SECONDS = 4;

    private final Path data;
    private final ServerCommands commands;
    private final FileChannel lock;
    private final int port;
    private boolean stopped;

    private EmbeddedPostgres(Path data, ServerCommands commands, FileChannel lock, int port) {
        this.data = data;
        this.commands = commands;
        this.lock = lock;
        this.port = port;
    }

    /** Starts on a free port. */
    public static EmbeddedPostgres start(Path folder) throws IOException, InterruptedException {
        return start(folder, 0);
    }

    /**
     * @param folder created if absent; holds the binaries, the data and the server's log
     * @param port   0 for a free one
     * @throws IOException naming what failed and where the server's log is
     */
    public static EmbeddedPostgres start(Path folder, int port) throws IOException, InterruptedException {
        return start(folder, port, Privileges.ofThisProcess());
    }

    static EmbeddedPostgres start(Path folder, int port, Privileges privileges) throws IOException, InterruptedException {
        Path absolute = folder.toAbsolutePath().normalize();
        Files.createDirectories(absolute);
        FileChannel lock = lock(absolute);
        try {
            Path binaries = ServerBinaries.unpackedIn(absolute);
            privileges.prepare(absolute);
            ServerCommands commands = new ServerCommands(binaries.resolve("bin"), absolute.resolve("postgres.log"), privileges);
            Path data = absolute.resolve("data");
            if (Files.exists(data)) {
                stopSurvivor(data, commands);
            } else {
                commands.initialise(data);
            }
            int chosen = port == 0 ? freePort() : port;
            commands.start(data, settings(chosen), START_SECONDS);
            return new EmbeddedPostgres(data, commands, lock, chosen);
        } catch (IOException | InterruptedException | RuntimeException failed) {
            lock.close();
            throw failed;
        }
    }

    public int port() {
        return port;
    }

    /** JDBC address of the database {@code postgres}; log in as {@code postgres} without a password. */
    public String url() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
    }

    /** Ends open sessions, writes everything out and returns when the server is gone. Does nothing the second time. */
    public synchronized void stop() {
        if (stopped) {
            return;
        }
        stopped = true;
        try (lock) {
            // A caller that is being interrupted wants the server stopped all the same.
            boolean interrupted = Thread.interrupted();
            try {
                commands.stop(data, STOP_SECONDS);
            } catch (InterruptedException _) {
                interrupted = true;
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Override
    public void close() {
        stop();
    }

    private static List<String> settings(int port) {
        return List.of("listen_addresses=127.0.0.1", "port=" + port, "unix_socket_directories=", "wal_level=logical", "max_wal_senders=16",
                "max_replication_slots=16", "synchronous_commit=on", "fsync=on", "shared_buffers=64MB");
    }

    private static FileChannel lock(Path folder) throws IOException {
        FileChannel channel = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileLock held = null;
        try {
            held = channel.tryLock();
        } catch (OverlappingFileLockException _) {
            // Held by this very process.
        }
        if (held == null) {
            ByteBuffer text = ByteBuffer.allocate(32);
            channel.read(text, 0);
            channel.close();
            throw new IOException("PostgreSQL folder " + folder + " is in use by process "
                    + new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).strip() + "; stop it or give another folder");
        }
        channel.truncate(0);
        channel.write(StandardCharsets.US_ASCII.encode(ProcessHandle.current().pid() + "\n"), 0);
        return channel;
    }

    /** A killed JVM leaves its server running, and a killed server leaves its pid file. */
    private static void stopSurvivor(Path data, ServerCommands commands) throws IOException, InterruptedException {
        Path pidFile = data.resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return;
        }
        List<String> lines = Files.readAllLines(pidFile);
        ProcessHandle server = lines.isEmpty() ? null : process(lines.getFirst());
        if (server == null) {
            Files.deleteIfExists(pidFile);
            return;
        }
        commands.stop(data, START_SECONDS);
        server.onExit().orTimeout(START_SECONDS, TimeUnit.SECONDS).join();
    }

    /** @return null if there is no such process, or if its number meanwhile belongs to another program */
    private static ProcessHandle process(String pid) {
        try {
            return ProcessHandle.of(Long.parseLong(pid.strip())).filter(ProcessHandle::isAlive)
                    .filter(found -> found.info().command().map(command -> command.contains("postgres")).orElse(true)).orElse(null);
        } catch (NumberFormatException _) {
            return null;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }
}
