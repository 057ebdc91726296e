package io.millrace.api.log;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Consecutive record batches of one partition, in Kafka's format of magic 2.
 *
 * @param batches    whole batches, possibly compressed, including control batches; positioned at the first; owned by the caller
 * @param nextOffset where to go on reading; equal to the offset asked for if nothing was there
 * @param endOffset  the end of what was readable at that moment, see {@link LogReader#endOffset}
 * @param aborted    for {@code READ_COMMITTED}, the aborted transactions that overlap the slice, by first offset; else empty
 */
public record LogSlice(ByteBuffer batches, long nextOffset, long endOffset, List<AbortedTransaction> aborted) {

    /** Records of {@code producerId} from {@code firstOffset} up to its next abort marker do not count. */
    public record AbortedTransaction(long producerId, long firstOffset) {}
}
