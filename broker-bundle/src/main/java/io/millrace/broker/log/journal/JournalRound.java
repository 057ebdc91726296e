package io.millrace.broker.log.journal;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * What one write brings to the journal: stretches of several logs, behind a header, filled up to whole blocks.
 *
 * <pre>
 * header   magic 4, CRC-32C of what follows it 4, bytes without the filling 4, stretches 4, generation of the file 8, number in the file 8
 * stretch  topic id 16, partition 4, bytes 4, first offset 8, next offset 8, whole record batches
 * </pre>
 *
 * Used by one thread at a time.
 */
final class JournalRound {

    /** What a disk writes as one, and what an unbuffered write must be a multiple of. */
    static final int BLOCK = 4096;
    static final int HEADER = 32;
    static final int STRETCH = 40;
    static final int MAGIC = 0x4d524a31;
    private static final int CRC_FROM = 8;

    private final ByteBuffer buffer;
    private final CRC32C crc = new CRC32C();
    private final Map<Journaled, Long> ends = new HashMap<>();
    private int stretches;

    /** @param capacity bytes, whole blocks */
    JournalRound(int capacity) {
        buffer = ByteBuffer.allocateDirect(capacity + BLOCK).alignedSlice(BLOCK).limit(capacity).slice();
        clear();
    }

    void clear() {
        buffer.clear().position(HEADER);
        stretches = 0;
        ends.clear();
    }

    boolean isEmpty() {
        return stretches == 0;
    }

    int capacity() {
        return buffer.capacity();
    }

    boolean takes(int bytes) {
        return buffer.remaining() >= STRETCH + bytes;
    }

    /** @return where the stretch's bytes belong, all of them; {@link #add} takes them in */
    ByteBuffer space(int bytes) {
        return buffer.slice(buffer.position() + STRETCH, bytes);
    }

    /** Takes in what was put into {@link #space}. */
    void add(Journaled log, long baseOffset, long endOffset, int bytes) {
        buffer.putLong(log.topicId().getMostSignificantBits()).putLong(log.topicId().getLeastSignificantBits()).putInt(log.partition()).putInt(bytes)
                .putLong(baseOffset).putLong(endOffset);
        buffer.position(buffer.position() + bytes);
        stretches++;
        ends.put(log, endOffset);
    }

    /** Up to which offset it has what of which log. */
    Map<Journaled, Long> ends() {
        return ends;
    }

    /** @return the bytes to be written, valid until {@link #clear} */
    ByteBuffer finish(long generation, long number) {
        int length = buffer.position();
        buffer.putInt(0, MAGIC).putInt(8, length).putInt(12, stretches).putLong(16, generation).putLong(24, number);
        crc.reset();
        crc.update(buffer.slice(CRC_FROM, length - CRC_FROM));
        buffer.putInt(4, (int) crc.getValue());
        return buffer.slice(0, (length + BLOCK - 1) / BLOCK * BLOCK);
    }

    /**
     * Whether a round begins there.
     *
     * @param bytes at least a header, more if there is more in the file
     */
    static boolean isWhole(ByteBuffer bytes) {
        int length = bytes.getInt(bytes.position() + 8);
        if (bytes.getInt(bytes.position()) != MAGIC || length < HEADER || length > bytes.remaining()) {
            return false;
        }
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(bytes.position() + CRC_FROM, length - CRC_FROM));
        return (int) crc.getValue() == bytes.getInt(bytes.position() + 4);
    }
}
