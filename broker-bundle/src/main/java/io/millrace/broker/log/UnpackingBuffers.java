package io.millrace.broker.log;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.utils.internals.BufferSupplier;

/**
 * The buffers that batches are unpacked in, for all logs together: a few of each size that clients commonly use. A client chooses the size, so others
 * are not kept, or whoever sends a batch to every partition would have them fill the heap. Thread-safe.
 */
final class UnpackingBuffers extends BufferSupplier {

    static final UnpackingBuffers SHARED = new UnpackingBuffers(2 * Runtime.getRuntime().availableProcessors());

    private static final int LARGEST_KEPT = 256 * 1024;
    private static final int MOST_SIZES = 16;

    private final int kept;
    private final Map<Integer, BlockingQueue<ByteBuffer>> bySize = new ConcurrentHashMap<>();

    UnpackingBuffers(int kept) {
        this.kept = kept;
    }

    @Override
    public ByteBuffer get(int capacity) {
        BlockingQueue<ByteBuffer> free = bySize.get(capacity);
        ByteBuffer buffer = free == null ? null : free.poll();
        return buffer == null ? ByteBuffer.allocate(capacity) : buffer;
    }

    @Override
    public void release(ByteBuffer buffer) {
        int capacity = buffer.capacity();
        if (capacity > LARGEST_KEPT) {
            return;
        }
        BlockingQueue<ByteBuffer> free = bySize.get(capacity);
        if (free == null) {
            if (bySize.size() >= MOST_SIZES) {
                return;
            }
            free = bySize.computeIfAbsent(capacity, _ -> new ArrayBlockingQueue<>(kept));
        }
        buffer.clear();
        free.offer(buffer);
    }

    @Override
    public void close() {
        bySize.clear();
    }
}
