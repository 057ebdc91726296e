package io.millrace.broker.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** How much memory something allocates on the way, on the heap and by this thread. */
public final class Allocation {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Allocation() {
    }

    public static long of(Runnable work) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        work.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    /** The same, but asks again when it is more than {@code expected}: the first time something is done, classes are loaded and instrumented. */
    public static long of(Runnable work, long expected) {
        long allocated = of(work);
        for (int i = 0; i < 2 && allocated > expected; i++) {
            allocated = of(work);
        }
        return allocated;
    }
}
