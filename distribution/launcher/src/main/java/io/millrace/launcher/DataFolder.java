package io.millrace.launcher;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;

/**
 * A data folder that this process has for itself: it holds a lock on {@code run/lock}, which the system lets go when the process ends, however
 * it ends.
 */
final class DataFolder implements AutoCloseable {

    /** Below this nothing useful can be stored by a node that begins. One that has something serves it, however full the disk is. */
    private static final long LEAST_FREE_BYTES = 16L << 20;

    private static final int LOCK_TRIES = 5;
    private static final long LOCK_PAUSE_NANOS = 20_000_000L;

    private final Path folder;
    private final FileChannel lock;
    private final FrameworkCache cache;
    private NativeLibraries libraries;

    private DataFolder(Path folder, FileChannel lock, FrameworkCache cache) {
        this.folder = folder;
        this.lock = lock;
        this.cache = cache;
    }

    static DataFolder claim(Path folder) throws StartFailure {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new StartFailure("data folder " + folder + " is a file; give another one with --data");
        }
        try {
            boolean used = Files.isDirectory(folder.resolve("logs"));
            Files.createDirectories(folder.resolve("run"));
            Files.createDirectories(folder.resolve("logs"));
            long free = Files.getFileStore(folder).getUsableSpace();
            if (!used && free < LEAST_FREE_BYTES) {
                throw new StartFailure("data folder " + folder + ": its disk is full (" + (free >> 20) + " MB free, at least "
                        + (LEAST_FREE_BYTES >> 20) + " needed); make room or give another folder with --data");
            }
            FileChannel lock = lock(folder);
            try {
                FrameworkCache cache = FrameworkCache.in(folder);
                sign(lock);
                return new DataFolder(folder, lock, cache);
            } catch (IOException failed) {
                lock.close();
                throw failed;
            }
        } catch (IOException unusable) {
            throw new StartFailure("cannot write to the data folder " + folder + " (" + unusable.getMessage() + "); make it writable for user "
                    + System.getProperty("user.name") + " or give another one with --data", unusable);
        }
    }

    private static FileChannel lock(Path folder) throws IOException, StartFailure {
        FileChannel channel = FileChannel.open(folder.resolve("run").resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        boolean held = tryLock(channel);
        for (int i = 0; i < LOCK_TRIES && !held; i++) {
            // Whoever asks isHeld has it for a moment.
            LockSupport.parkNanos(LOCK_PAUSE_NANOS);
            held = tryLock(channel);
        }
        if (!held) {
            ByteBuffer text = ByteBuffer.allocate(32);
            channel.read(text, 0);
            channel.close();
            String pid = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).strip();
            throw new StartFailure("data folder " + folder + " is in use by process " + pid + "; stop that one or give another folder with --data");
        }
        return channel;
    }

    /** Over what is there, since that takes no space. */
    private static void sign(FileChannel lock) throws IOException {
        lock.write(StandardCharsets.US_ASCII.encode(String.format("%-20d%n", ProcessHandle.current().pid())), 0);
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException _) {
            // Held by this very process.
            return false;
        }
    }

    /** Whether a running process has this folder for itself. More to be trusted than a process number, which may be another's, or a zombie's. */
    static boolean isHeld(Path folder) {
        try (FileChannel channel = FileChannel.open(folder.resolve("run").resolve("lock"), StandardOpenOption.WRITE)) {
            return !tryLock(channel);
        } catch (IOException _) {
            return false;
        }
    }

    Path framework() {
        return cache.folder();
    }

    /** The framework has cleared its folder. */
    void begun() throws IOException {
        libraries = NativeLibraries.in(cache.folder());
    }

    /** Tells other processes where this one is. */
    void announce(String listen, String http) throws IOException {
        Properties properties = new Properties();
        properties.setProperty("pid", Long.toString(ProcessHandle.current().pid()));
        properties.setProperty("listen", listen);
        properties.setProperty("http", http);
        Path part = folder.resolve("run").resolve("instance.properties.part");
        try (OutputStream file = Files.newOutputStream(part)) {
            properties.store(file, null);
        }
        Files.move(part, instanceFile(folder), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    static Path instanceFile(Path folder) {
        return folder.resolve("run").resolve("instance.properties");
    }

    @Override
    public void close() throws IOException {
        NativeLibraries used = libraries;
        try (lock; cache; used) {
            Files.deleteIfExists(instanceFile(folder));
        }
    }
}
