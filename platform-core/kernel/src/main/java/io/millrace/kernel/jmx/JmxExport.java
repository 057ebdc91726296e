package io.millrace.kernel.jmx;

import io.millrace.api.metrics.MeterSource;
import java.lang.management.ManagementFactory;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Has meters as MBeans from when somebody may look until it is closed. Until then it looks once a second whether there is a management agent, and
 * not even the MBean server is there.
 */
public final class JmxExport implements AutoCloseable {

    private static final long CHECK_MILLIS = 1_000;
    /** How often sources are asked that cannot say whether their meters changed. */
    private static final long ASK_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Supplier<Collection<MeterSource>> sources;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private MBeans beans;
    private Map<MeterSource, Object> shapes = Map.of();
    private long asked;

    private JmxExport(Supplier<Collection<MeterSource>> sources) {
        this.sources = sources;
        // A platform thread: the first bean starts the platform's MBean server, and what is made there is made for threads of the usual group.
        this.thread = Thread.ofPlatform().name("mbeans").daemon().unstarted(this::run);
    }

    /** @param sources that there are at the moment; asked again and again */
    public static JmxExport start(Supplier<Collection<MeterSource>> sources) {
        JmxExport export = new JmxExport(sources);
        export.thread.start();
        return export;
    }

    private void run() {
        try {
            boolean expected = Onlookers.expected();
            while (!closing.await(beans == null && expected ? 0 : CHECK_MILLIS, TimeUnit.MILLISECONDS)) {
                if (beans == null && (expected || Onlookers.present())) {
                    beans = new MBeans(ManagementFactory.getPlatformMBeanServer());
                }
                if (beans != null) {
                    follow();
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } finally {
            if (beans != null) {
                beans.clear();
            }
        }
    }

    private void follow() {
        Map<MeterSource, Object> now = new HashMap<>();
        boolean unsure = false;
        for (MeterSource source : sources.get()) {
            Object shape = source.shape();
            unsure |= shape == null;
            now.put(source, shape == null ? "" : shape);
        }
        long nanos = System.nanoTime();
        if (!now.equals(shapes) || unsure && nanos - asked >= ASK_NANOS) {
            beans.follow(now.keySet());
            shapes = now;
            asked = nanos;
        }
    }

    /** Takes the beans away. */
    @Override
    public void close() throws InterruptedException {
        closing.countDown();
        thread.join(TimeUnit.SECONDS.toMillis(5));
    }
}
