package io.millrace.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.ArrayList;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;

/**
 * The aborted transactions whose markers are in one segment, in Kafka's {@code .txnindex} format. The file exists only if there are any, and is
 * read when it is first asked for.
 */
final class AbortedTransactions {

    private static final short VERSION = 0;
    private static final int ENTRY = 2 + 8 + 8 + 8 + 8;

    /** @param lastStableOffset where it was before the marker */
    record Entry(long producerId, long firstOffset, long lastOffset, long lastStableOffset) {

        AbortedTransaction toFetchResponse() {
            return new AbortedTransaction().setProducerId(producerId).setFirstOffset(firstOffset);
        }
    }

    private volatile Path file;
    /** Null until it was read; replaced as a whole. */
    private volatile List<Entry> entries;
    /** How many of them are in the file. */
    private int stored;

    AbortedTransactions(Path file) {
        this.file = file;
    }

    /** Goes on in another file, which has what this one has. */
    synchronized void moveTo(Path copy) {
        file = copy;
    }

    private List<Entry> entries() {
        List<Entry> known = entries;
        return known != null ? known : load();
    }

    private synchronized List<Entry> load() {
        List<Entry> known = entries;
        if (known == null) {
            try {
                ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
                List<Entry> read = new ArrayList<>();
                while (bytes.remaining() >= ENTRY && bytes.getShort() == VERSION) {
                    read.add(new Entry(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong()));
                }
                known = List.copyOf(read);
            } catch (NoSuchFileException _) {
                known = List.of();
            } catch (IOException e) {
                throw new KafkaStorageException(file + " cannot be read: " + e.getMessage(), e);
            }
            entries = known;
            stored = known.size();
        }
        return known;
    }

    /** The file has it after the next {@link #flush}; until then it can be found again in the log. */
    synchronized void add(Entry entry) {
        List<Entry> more = new ArrayList<>(entries());
        more.add(entry);
        entries = more;
    }

    /** Makes the file hold what was added. Durable on return. */
    synchronized void flush() throws IOException {
        List<Entry> all = entries;
        if (all == null || all.size() == stored) {
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.truncate((long) stored * ENTRY);
            ByteBuffer bytes = ByteBuffer.allocate((all.size() - stored) * ENTRY);
            for (Entry entry : all.subList(stored, all.size())) {
                bytes.putShort(VERSION).putLong(entry.producerId).putLong(entry.firstOffset).putLong(entry.lastOffset).putLong(entry.lastStableOffset);
            }
            bytes.flip();
            long at = (long) stored * ENTRY;
            while (bytes.hasRemaining()) {
                at += channel.write(bytes, at);
            }
            channel.force(true);
        }
        DurableFile.syncFolder(file.getParent());
        stored = all.size();
    }

    /** What is in the file is read again when it is asked for. */
    synchronized void release() {
        if (entries != null && entries.size() == stored) {
            entries = null;
        }
    }

    synchronized void clear() throws IOException {
        Files.deleteIfExists(file);
        entries = List.of();
        stored = 0;
    }

    /** Forgets what ended at or after the offset. */
    synchronized void truncateTo(long offset) throws IOException {
        List<Entry> kept = entries().stream().filter(entry -> entry.lastOffset < offset).toList();
        if (kept.size() < entries().size()) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate((long) kept.size() * ENTRY);
                channel.force(true);
            }
            entries = kept;
            stored = kept.size();
        }
    }

    boolean isEmpty() {
        return entries().isEmpty();
    }

    void collect(long fromOffset, long toOffset, List<Entry> into) {
        for (Entry entry : entries()) {
            if (entry.lastOffset >= fromOffset && entry.firstOffset < toOffset) {
                into.add(entry);
            }
        }
    }

    Path file() {
        return file;
    }
}
