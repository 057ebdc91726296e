package io.millrace.broker.network;

import io.millrace.broker.wire.ResponseEncoder;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * The responses of one connection that are made but not sent. A client that asks and asks without reading is not served any further once there
 * are some: many small ones, or a single one of any size. The reader makes and waits, or the writer makes; the writer sends.
 */
final class UnsentResponses {

    private static final int ENOUGH = 16 * 1024;
    /** What is told of a partition, the slice of its log not counted. */
    private static final int FETCHED_PARTITION = 256;
    private static final int FEW_PARTITIONS = 16;

    private final ResponseMemory memory;
    private final AtomicLong bytes = new AtomicLong();
    private volatile Thread waiting;
    private volatile boolean ended;

    UnsentResponses(ResponseMemory memory) {
        this.memory = memory;
    }

    /** Blocks the reader until it may make another response. */
    void awaitRoom() {
        if (bytes.get() >= ENOUGH) {
            waiting = Thread.currentThread();
            while (bytes.get() >= ENOUGH && !ended) {
                LockSupport.park(this);
            }
            waiting = null;
        }
        memory.awaitRoom();
    }

    /** Blocks the writer until others' responses leave room. */
    void awaitRoomOfOthers() {
        memory.awaitRoom();
    }

    /** @return what to tell {@link #sent} */
    long made(RequestHeader header, AbstractResponse response) {
        long size = size(header, response);
        if (size > 0) {
            bytes.addAndGet(size);
            memory.hold(size);
        }
        return size;
    }

    /** Those to requests of records are as many as the connection's requests under way, and small. */
    private static long size(RequestHeader header, AbstractResponse response) {
        return switch (response) {
            case null -> 0;
            case ProduceResponse _ -> 0;
            case FetchResponse fetched -> {
                long partitions = 0;
                for (FetchResponseData.FetchableTopicResponse topic : fetched.data().responses()) {
                    partitions += topic.partitions().size();
                }
                yield partitions <= FEW_PARTITIONS ? 0 : partitions * FETCHED_PARTITION;
            }
            default -> ResponseEncoder.size(header, response);
        };
    }

    void sent(long size) {
        if (size > 0) {
            memory.release(size);
            if (bytes.addAndGet(-size) < ENOUGH) {
                LockSupport.unpark(waiting);
            }
        }
    }

    /** Whether some are waiting to be sent. */
    boolean any() {
        return bytes.get() > 0;
    }

    /** Nothing is sent any more; the reader waits no longer. */
    void release() {
        ended = true;
        LockSupport.unpark(waiting);
    }

    /** Nobody makes or sends any more. */
    void end() {
        memory.release(bytes.getAndSet(0));
    }
}
