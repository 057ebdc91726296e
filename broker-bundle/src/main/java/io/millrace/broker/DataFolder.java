package io.millrace.broker;

import java.io.IOException;
import java.io.StringReader;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Properties;
import org.apache.kafka.common.Uuid;

/** The broker's data folder, held by one process at a time. It knows which node of which cluster its data belongs to. */
final class DataFolder implements AutoCloseable {

    private static final String LOCK = ".lock";
    private static final String IDENTITY = "meta.properties";

    private final Path path;
    private final FileChannel lock;
    private final String clusterId;

    private DataFolder(Path path, FileChannel lock, String clusterId) {
        this.path = path;
        this.lock = lock;
        this.clusterId = clusterId;
    }

    /** @throws IllegalStateException if it cannot be made, is held by another process or belongs to another node */
    static DataFolder open(Path path, int nodeId) {
        FileChannel lock = null;
        try {
            Files.createDirectories(path);
            lock = FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (tryLock(lock) == null) {
                throw new IllegalStateException("data folder " + path.toAbsolutePath()
                        + " is in use by another instance; stop that one (./millrace stop) or choose another folder with --data DIR");
            }
            return new DataFolder(path, lock, identify(path, nodeId));
        } catch (IOException | RuntimeException failed) {
            closeQuietly(lock);
            throw failed instanceof IllegalStateException told ? told : new IllegalStateException("data folder " + path.toAbsolutePath()
                    + " cannot be used: " + reason(failed) + "; give this user the right to write there or choose another folder with --data DIR", failed);
        }
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException _) {
            return null;
        }
    }

    private static String reason(Exception failed) {
        return failed instanceof AccessDeniedException denied ? denied.getFile() + " is not writable" : failed.toString();
    }

    private static String identify(Path path, int nodeId) throws IOException {
        Path file = path.resolve(IDENTITY);
        if (Files.exists(file)) {
            Properties identity = new Properties();
            identity.load(new StringReader(Files.readString(file)));
            String cluster = identity.getProperty("cluster.id");
            String node = identity.getProperty("node.id");
            if (cluster == null || node == null) {
                throw new IllegalStateException(file.toAbsolutePath() + " lacks cluster.id or node.id; restore it from a copy");
            }
            if (!node.equals(String.valueOf(nodeId))) {
                throw new IllegalStateException("data folder " + path.toAbsolutePath() + " belongs to node " + node + ", but node.id=" + nodeId
                        + "; set node.id=" + node + " or choose another folder with --data DIR");
            }
            return cluster;
        }
        String cluster = Uuid.randomUuid().toString();
        Path next = file.resolveSibling(IDENTITY + ".next");
        Files.writeString(next, "version=1\ncluster.id=" + cluster + "\nnode.id=" + nodeId + "\n");
        sync(next, StandardOpenOption.WRITE);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        sync(path, StandardOpenOption.READ);
        return cluster;
    }

    private static void sync(Path path, StandardOpenOption access) throws IOException {
        try (FileChannel channel = FileChannel.open(path, access)) {
            channel.force(true);
        }
    }

    String clusterId() {
        return clusterId;
    }

    Path logs() {
        return path.resolve("logs");
    }

    /** Where it is remembered which log folders there are. */
    Path logDirRegistry() {
        return path.resolve("log-dirs");
    }

    Path metadataJournal() {
        return path.resolve("metadata.journal");
    }

    @Override
    public void close() {
        closeQuietly(lock);
    }

    private static void closeQuietly(FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException _) {
                // The lock goes with the process at the latest.
            }
        }
    }
}
