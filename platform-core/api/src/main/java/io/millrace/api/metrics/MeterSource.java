package io.millrace.api.metrics;

/**
 * A part of the platform that measures. Registered as a service; when it is unregistered, its meters are gone. What is measured is counted in
 * the part's own fields, cheaply ({@link java.util.concurrent.atomic.LongAdder}, {@link Distribution}); this is only asked when somebody
 * reads, so a meter that nobody reads costs nothing.
 */
public interface MeterSource {

    /**
     * Tells every meter there is at the moment; one that is not told any more, such as that of a deleted topic, is gone. Called by any thread,
     * several times at once. What it throws costs only this source's meters of that reading.
     */
    void tell(Meters meters);

    /**
     * Something equal to what was returned before as long as the meters with an MBean are the same ones, so that nobody needs to ask for all
     * of them to know; null if that cannot be said cheaply.
     */
    default Object shape() {
        return null;
    }
}
