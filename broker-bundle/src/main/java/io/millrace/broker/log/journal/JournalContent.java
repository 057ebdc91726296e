package io.millrace.broker.log.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a start finds in the journal of a log folder that was not closed in order. Immutable; reads files when asked for bytes. */
public final class JournalContent {

    static final String NAME = "journal-";
    private static final Logger LOG = LoggerFactory.getLogger(JournalContent.class);
    private static final int CHUNK = 4 * 1024 * 1024;
    /** Where it is in a round's header. */
    private static final int GENERATION = 16;

    private record Partition(Uuid topicId, int partition) {}

    /**
     * Whole record batches of one log.
     *
     * @param baseOffset of the first record
     * @param endOffset  behind the last record
     */
    public record Stretch(Path file, long position, int bytes, long baseOffset, long endOffset) {

        /** Blocks. @return all of the bytes */
        public ByteBuffer read() throws IOException {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                ByteBuffer whole = ByteBuffer.allocate(bytes);
                while (whole.hasRemaining()) {
                    if (channel.read(whole, position + whole.position()) < 0) {
                        throw new IOException(file + " ends before byte " + (position + bytes));
                    }
                }
                return whole.flip();
            }
        }
    }

    /** A file's stretches, and when it was written, in comparison with others. */
    private record Content(long generation, List<Map.Entry<Partition, Stretch>> stretches) {}

    private final List<Path> files;
    private final Map<Partition, List<Stretch>> stretches = new HashMap<>();

    private JournalContent(List<Path> files) {
        this.files = files;
    }

    static List<Path> files(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        try (var all = Files.newDirectoryStream(folder, NAME + "*")) {
            for (Path each : all) {
                if (numberOf(each) >= 0 && Files.isRegularFile(each)) {
                    files.add(each);
                }
            }
        }
        return files;
    }

    /** @return a negative number if that is no file of a journal */
    static long numberOf(Path file) {
        String number = file.getFileName().toString().substring(NAME.length());
        return number.matches("\\d{1,18}") ? Long.parseLong(number) : -1;
    }

    /** Reads the journal, if there is one. Blocks. @throws IOException if the disk cannot read it */
    public static JournalContent read(Path folder) throws IOException {
        JournalContent content = new JournalContent(files(folder));
        List<Content> read = new ArrayList<>();
        for (Path file : content.files) {
            read.add(readFile(file));
        }
        read.sort(Comparator.comparingLong(Content::generation));
        read.forEach(file -> file.stretches.forEach(
                each -> content.stretches.computeIfAbsent(each.getKey(), _ -> new ArrayList<>()).add(each.getValue())));
        return content;
    }

    /**
     * Rounds of the newest generation lie one behind the other from the beginning on, up to the first one that was not acknowledged or is of a
     * generation before. One that is damaged before that is passed over: what is behind it may be what a log lost.
     */
    private static Content readFile(Path file) throws IOException {
        Content content = new Content(-1, new ArrayList<>());
        long damagedAt = -1;
        long number = 0;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            ByteBuffer chunk = ByteBuffer.allocateDirect((int) Math.min(size, CHUNK)).limit(0);
            long at = 0;
            while (at + JournalRound.HEADER <= size) {
                if (chunk.remaining() < JournalRound.HEADER || !isInside(chunk)) {
                    load(channel, chunk, at, size);
                }
                long generation = chunk.getLong(chunk.position() + GENERATION);
                boolean ours = chunk.getInt(chunk.position()) == JournalRound.MAGIC && (content.generation < 0 || generation == content.generation)
                        && chunk.getLong(chunk.position() + 24) >= number;
                int step = JournalRound.BLOCK;
                if (ours && JournalRound.isWhole(chunk)) {
                    if (damagedAt >= 0) {
                        LOG.error("{}: what was written at byte {} is damaged; it is missed only if the disk lost it from a log's own file, too", file, damagedAt);
                        damagedAt = -1;
                    }
                    if (content.generation < 0) {
                        content = new Content(generation, content.stretches);
                    }
                    number = chunk.getLong(chunk.position() + 24) + 1;
                    int length = chunk.getInt(chunk.position() + 8);
                    stretches(file, at, chunk.slice(chunk.position(), length), content.stretches);
                    step = (length + JournalRound.BLOCK - 1) / JournalRound.BLOCK * JournalRound.BLOCK;
                } else if (damagedAt < 0) {
                    damagedAt = at;
                }
                at += step;
                chunk.position(Math.min(chunk.limit(), chunk.position() + step));
            }
        }
        return content;
    }

    /** That of the file that was begun last; negative if none can be told. Blocks. */
    static long newestGeneration(List<Path> files) throws IOException {
        long newest = -1;
        for (Path file : files) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                long size = channel.size();
                ByteBuffer chunk = ByteBuffer.allocateDirect((int) Math.min(size, CHUNK));
                load(channel, chunk, 0, size);
                if (chunk.remaining() >= JournalRound.HEADER && JournalRound.isWhole(chunk)) {
                    newest = Math.max(newest, chunk.getLong(GENERATION));
                }
            }
        }
        return newest;
    }

    /** Whether all of the round is in the chunk, if there is one. */
    private static boolean isInside(ByteBuffer chunk) {
        int length = chunk.getInt(chunk.position() + 8);
        return chunk.getInt(chunk.position()) != JournalRound.MAGIC || length <= chunk.remaining() || length > chunk.capacity();
    }

    private static void load(FileChannel channel, ByteBuffer chunk, long at, long size) throws IOException {
        chunk.clear().limit((int) Math.min(chunk.capacity(), size - at));
        while (chunk.hasRemaining() && channel.read(chunk, at + chunk.position()) >= 0) {
            // until the chunk is full
        }
        chunk.flip();
    }

    private static void stretches(Path file, long at, ByteBuffer round, List<Map.Entry<Partition, Stretch>> into) {
        round.position(JournalRound.HEADER);
        for (int left = round.getInt(12); left > 0; left--) {
            Partition partition = new Partition(new Uuid(round.getLong(), round.getLong()), round.getInt());
            int bytes = round.getInt();
            long base = round.getLong();
            long end = round.getLong();
            into.add(Map.entry(partition, new Stretch(file, at + round.position(), bytes, base, end)));
            round.position(round.position() + bytes);
        }
    }

    /** What was journaled of a log, in the order in which it was appended. */
    public List<Stretch> of(Uuid topicId, int partition) {
        return stretches.getOrDefault(new Partition(topicId, partition), List.of());
    }

    /** The logs' own files have everything now. */
    public void delete() throws IOException {
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }
}
