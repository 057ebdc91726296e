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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The aborted transactions whose markers are in one segment, in Kafka's {@code .txnindex} format. The file exists only if there are any, and is
 * read when it is first asked for. The format has no checksum, so what an earlier run left is compared with the log once ({@link Witness}).
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

    /** The log, which has what the file is an index of. */
    interface Witness {

        /** Whether the log has these markers, and their transactions begin where it is said. Reads no more than those transactions. */
        boolean confirms(List<Entry> entries);

        /** What the segment's own batches say. Reads all of it. */
        List<Entry> replay() throws IOException;
    }

    private static final Logger LOG = LoggerFactory.getLogger(AbortedTransactions.class);

    /** Taken before this object's own lock, which {@link OpenSegments} wants while it makes room for a file that a witness reads. */
    private final Object confirming = new Object();
    /** Held while the file is written; taken after the one above and before this object's own. */
    private final Object writing = new Object();
    /** Null once the file was found to be true, or is this run's own. */
    private volatile Witness witness;
    private volatile Path file;
    /** Null until it was read; replaced as a whole. */
    private volatile List<Entry> entries;
    /** How many of them are in the file. */
    private int stored;
    /** Whether the file is more than these, or something else. */
    private boolean garbled;
    /** What a recovery took out, since it would find it again in the log. */
    private List<Entry> dropped = List.of();

    AbortedTransactions(Path file) {
        this.file = file;
    }

    /** Goes on in another file, which has what this one has. */
    synchronized void moveTo(Path copy) {
        file = copy;
    }

    /** Has the log asked before anybody is told. */
    void suspect(Witness log) {
        witness = log;
    }

    private void confirm() {
        synchronized (confirming) {
            Witness log = witness;
            if (log == null) {
                return;
            }
            List<Entry> known = load();
            if (isGarbled() || !log.confirms(known) || !log.confirms(dropped)) {
                replace(log);
            }
            dropped = List.of();
            witness = null;
        }
    }

    private void replace(Witness log) {
        try {
            List<Entry> replayed = log.replay();
            LOG.warn("{}: does not say what the log says, it is written anew with {} aborted transactions", file, replayed.size());
            synchronized (writing) {
                take(replayed);
            }
        } catch (IOException e) {
            throw new KafkaStorageException(file + " does not say what the log says, and the log cannot be read: " + e.getMessage(), e);
        }
        try {
            flush();
        } catch (IOException e) {
            LOG.warn("{}: cannot be written anew, what the log says stays in memory: {}", file, e.toString());
        }
    }

    private synchronized void take(List<Entry> replayed) {
        // What was added meanwhile is in the log as well.
        List<Entry> more = new ArrayList<>(replayed);
        long last = replayed.isEmpty() ? -1 : replayed.getLast().lastOffset;
        entries.stream().skip(stored).filter(entry -> entry.lastOffset > last).forEach(more::add);
        entries = List.copyOf(more);
        stored = 0;
        garbled = true;
    }

    private synchronized boolean isGarbled() {
        return garbled;
    }

    private List<Entry> entries() {
        if (witness != null) {
            confirm();
        }
        return unconfirmed();
    }

    private List<Entry> unconfirmed() {
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
                garbled = bytes.hasRemaining();
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
        // An appender does not wait for the others to be confirmed.
        List<Entry> more = new ArrayList<>(unconfirmed());
        more.add(entry);
        entries = more;
    }

    /** Makes the file hold what was added. Durable on return; nobody who reads or adds waits for that. */
    void flush() throws IOException {
        synchronized (writing) {
            List<Entry> all;
            int from;
            Path to;
            synchronized (this) {
                all = entries;
                from = stored;
                to = file;
                if (all == null || all.size() == from && !garbled) {
                    return;
                }
            }
            write(to, from, all.subList(from, all.size()));
            synchronized (this) {
                if (to.equals(file)) {
                    stored = all.size();
                    garbled = false;
                }
            }
        }
    }

    private static void write(Path file, int from, List<Entry> entries) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            long at = (long) from * ENTRY;
            channel.truncate(at);
            ByteBuffer bytes = ByteBuffer.allocate(entries.size() * ENTRY);
            for (Entry entry : entries) {
                bytes.putShort(VERSION).putLong(entry.producerId).putLong(entry.firstOffset).putLong(entry.lastOffset).putLong(entry.lastStableOffset);
            }
            bytes.flip();
            while (bytes.hasRemaining()) {
                at += channel.write(bytes, at);
            }
            channel.force(true);
        }
        DurableFile.syncFolder(file.getParent());
    }

    /** What is in the file is read again when it is asked for. */
    synchronized void release() {
        if (entries != null && entries.size() == stored && !garbled) {
            entries = null;
        }
    }

    synchronized void clear() throws IOException {
        Files.deleteIfExists(file);
        entries = List.of();
        stored = 0;
        garbled = false;
    }

    /** Forgets what ended at or after the offset: a recovery looks for it in the log. To be called before {@link #suspect}. */
    synchronized void truncateTo(long offset) throws IOException {
        List<Entry> all = unconfirmed();
        List<Entry> kept = all.stream().filter(entry -> entry.lastOffset < offset).toList();
        if (kept.size() < all.size()) {
            dropped = all.stream().filter(entry -> entry.lastOffset >= offset).toList();
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
