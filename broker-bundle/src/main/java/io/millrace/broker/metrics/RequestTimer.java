package io.millrace.broker.metrics;

/**
 * When one request went through which door. The reader thread hands it to the writer thread with the request. Times are of
 * {@link System#nanoTime}.
 *
 * <p>The parts are Kafka's, as far as there are such parts here: a request is served by the thread that read it, so that {@code queue} is no more
 * than its decoding; {@code local} is the handler's work; {@code remote} is waiting, for the disk, for data or for other members;
 * {@code responseQueue} is waiting for the answers before it on its connection; {@code send} is encoding and sending.
 */
public final class RequestTimer {

    private final int bytes;
    private final long arrived;
    private long decoded;
    private long handled;
    private long taken;
    private long answered;
    private long waited;
    private long throttled;

    /** @param arrived when its last byte was read */
    public RequestTimer(int bytes, long arrived) {
        this.bytes = bytes;
        this.arrived = arrived;
    }

    public void decoded() {
        decoded = System.nanoTime();
    }

    public void handled() {
        handled = System.nanoTime();
    }

    /** The answers before it are sent. */
    public void taken() {
        taken = System.nanoTime();
    }

    /** The answer is there; of the time since it was taken, there was nothing to do yet for so long, in nanoseconds, at most. */
    public void answered(long idle) {
        answered = System.nanoTime();
        waited = Math.min(idle, answered - taken);
    }

    /** The answer told its client to be still for so long because of a quota, which it is afterwards. */
    public void throttled(long nanos) {
        throttled = nanos;
    }

    int bytes() {
        return bytes;
    }

    long queue() {
        return decoded - arrived;
    }

    long local() {
        return handled - decoded + (answered - taken - waited);
    }

    long remote() {
        return waited;
    }

    long responseQueue() {
        return taken - handled;
    }

    long throttle() {
        return throttled;
    }

    long send(long sent) {
        return sent - answered;
    }

    long total(long sent) {
        return sent - arrived;
    }
}
