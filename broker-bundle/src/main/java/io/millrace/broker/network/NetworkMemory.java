package io.millrace.broker.network;

/** The memory of all connections together. Thread-safe. */
public final class NetworkMemory {

    private static final int REQUESTS_SHARE = 4;
    private static final int RESPONSES_SHARE = 8;

    private final RequestMemory requests;
    private final ResponseMemory responses;

    /**
     * @param requestBytes {@code queued.max.request.bytes}; a quarter of the heap if it is not positive
     * @param heapBytes    how large the heap may become
     */
    public NetworkMemory(long requestBytes, long heapBytes) {
        this.requests = new RequestMemory(requestBytes > 0 ? requestBytes : heapBytes / REQUESTS_SHARE);
        this.responses = new ResponseMemory(heapBytes / RESPONSES_SHARE);
    }

    RequestMemory requests() {
        return requests;
    }

    ResponseMemory responses() {
        return responses;
    }

    /** Whether somebody waits for others' requests or responses to go. */
    boolean isShort() {
        return requests.isShort() || responses.isFull();
    }

    public long availableBytes() {
        return requests.availableBytes();
    }

    public long usedBytes() {
        return requests.usedBytes();
    }

    /** For how long requests waited for memory, since the start. */
    public long depletedNanos() {
        return requests.depletedNanos();
    }

    /** Of responses that are made and not sent. */
    public long responseBytes() {
        return responses.heldBytes();
    }
}
