package io.millrace.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;

/** The aborted transactions whose markers are in one segment, in Kafka's {@code .txnindex} format. The file exists only if there are any. */
final class AbortedTransactions {

    private static final short VERSION = 0;
    private static final int ENTRY = 2 + 8 + 8 + 8 + 8;

    /** @param lastStableOffset where it was before the marker */
    record Entry(long producerId, long firstOffset, long lastOffset, long lastStableOffset) {

        AbortedTransaction toFetchResponse() {
            return new AbortedTransaction().setProducerId(producerId).setFirstOffset(firstOffset);
        }
    }

    private final Path file;
    private final List<Entry> entries = new CopyOnWriteArrayList<>();

    AbortedTransactions(Path file) {
        this.file = file;
    }

    /** Reads the file if it is there. */
    void load() throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        List<Entry> read = new ArrayList<>();
        while (bytes.remaining() >= ENTRY && bytes.getShort() == VERSION) {
            read.add(new Entry(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong()));
        }
        entries.addAll(read);
    }

    void add(Entry entry) throws IOException {
        entries.add(entry);
        ByteBuffer bytes = ByteBuffer.allocate(ENTRY);
        bytes.putShort(VERSION).putLong(entry.producerId).putLong(entry.firstOffset).putLong(entry.lastOffset).putLong(entry.lastStableOffset).flip();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }

    void clear() throws IOException {
        entries.clear();
        Files.deleteIfExists(file);
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    void collect(long fromOffset, long toOffset, List<Entry> into) {
        for (Entry entry : entries) {
            if (entry.lastOffset >= fromOffset && entry.firstOffset < toOffset) {
                into.add(entry);
            }
        }
    }

    Path file() {
        return file;
    }
}
