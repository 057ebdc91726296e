package io.millrace.broker.log.journal;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file of a fixed size that rounds are written to from the beginning to the end, and then again. It is filled with zeros first: a write into what a
 * file has already changes nothing that the file system keeps of it, so that bringing it to stable storage is one write to the disk, where a file that
 * grows needs the file system's own journal, too. Written by one thread.
 */
final class JournalFile {

    private static final Logger LOG = LoggerFactory.getLogger(JournalFile.class);
    private static final int FILL = 1024 * 1024;

    private final Path path;
    private final FileChannel channel;
    private final long bytes;
    /** Logs that have something here, and up to which offset; read by others when nothing is written any more. */
    private final Map<Journaled, Long> logs = new HashMap<>();
    private long generation;
    private long position;
    private long number;

    private JournalFile(Path path, FileChannel channel, long bytes) {
        this.path = path;
        this.channel = channel;
        this.bytes = bytes;
    }

    /** Blocks until the whole file is on the disk. On failure nothing of it remains. */
    static JournalFile create(Path path, long bytes) throws IOException {
        try {
            fill(path, bytes);
            return new JournalFile(path, open(path), bytes);
        } catch (IOException e) {
            Files.deleteIfExists(path);
            throw e;
        }
    }

    private static void fill(Path path, long bytes) throws IOException {
        try (FileChannel zeros = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer zero = ByteBuffer.allocateDirect(FILL);
            for (long at = 0; at < bytes; ) {
                at += zeros.write(zero.clear().limit((int) Math.min(FILL, bytes - at)), at);
            }
            zeros.force(true);
        }
        try (FileChannel folder = FileChannel.open(path.getParent(), StandardOpenOption.READ)) {
            folder.force(true);
        }
    }

    /** Past the page cache, where the file system can do that: what is written here is read after a crash only. */
    private static FileChannel open(Path path) throws IOException {
        if (Files.getFileStore(path).getBlockSize() <= JournalRound.BLOCK) {
            try {
                return FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.DSYNC, ExtendedOpenOption.DIRECT);
            } catch (IOException | UnsupportedOperationException e) {
                LOG.debug("{}: through the page cache, {}", path, e.toString());
            }
        }
        return FileChannel.open(path, new OpenOption[] {StandardOpenOption.WRITE, StandardOpenOption.DSYNC});
    }

    /** What is in it is not needed any more; what is written from now on has that generation, higher than all before. */
    void begin(long newGeneration) {
        generation = newGeneration;
        position = 0;
        number = 0;
        logs.clear();
    }

    boolean has(int room) {
        return bytes - position >= room;
    }

    boolean isHalfFull() {
        return position > bytes / 2;
    }

    long bytes() {
        return bytes;
    }

    /** The round is on stable storage on return. */
    void write(JournalRound round) throws IOException {
        ByteBuffer whole = round.finish(generation, number);
        long at = position;
        while (whole.hasRemaining()) {
            // The rest of a write that was cut off begins at a block, as long as the file system writes whole ones.
            at += channel.write(whole, at);
        }
        position = at;
        number++;
        logs.putAll(round.ends());
    }

    Map<Journaled, Long> logs() {
        return logs;
    }

    boolean isNeeded() {
        return logs.entrySet().stream().anyMatch(log -> !log.getKey().isSynced(log.getValue()));
    }

    Path path() {
        return path;
    }

    void close() throws IOException {
        channel.close();
    }

    void delete() throws IOException {
        channel.close();
        Files.deleteIfExists(path);
    }
}
