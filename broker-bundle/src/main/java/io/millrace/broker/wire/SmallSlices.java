package io.millrace.broker.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchResponse;

/**
 * The slices of files in a response that takes few bytes altogether: read, they leave in one write with what is between them, and the client is
 * woken once. Spliced in, each costs two system calls and reaches the client by itself. Stateless.
 */
final class SmallSlices {

    private static final int FEW_BYTES = 32 * 1024;

    private SmallSlices() {
    }

    /** Puts bytes in the place of slices, if they are few. */
    static void read(FetchResponseData response) {
        int bytes = 0;
        for (FetchableTopicResponse topic : response.responses()) {
            for (PartitionData partition : topic.partitions()) {
                bytes += FetchResponse.recordsSize(partition);
                if (bytes > FEW_BYTES) {
                    return;
                }
            }
        }
        for (FetchableTopicResponse topic : response.responses()) {
            for (PartitionData partition : topic.partitions()) {
                if (partition.records() instanceof FileRecords slice && slice.sizeInBytes() > 0) {
                    read(partition, slice);
                }
            }
        }
    }

    private static void read(PartitionData partition, FileRecords slice) {
        ByteBuffer bytes = ByteBuffer.allocate(slice.sizeInBytes());
        try {
            slice.readInto(bytes, 0);
        } catch (IOException _) {
            // Who splices it in fails in the same way, and closes the connection.
            return;
        }
        if (bytes.remaining() == bytes.capacity()) {
            partition.setRecords(MemoryRecords.readableRecords(bytes));
        }
    }
}
