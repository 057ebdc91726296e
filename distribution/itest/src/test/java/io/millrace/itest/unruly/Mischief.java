package io.millrace.itest.unruly;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;

/** Everything that a plugin must not do. */
final class Mischief {

    private final Map<String, String> config;

    /** @param config {@code mischief=PLACE:WHAT}, with the place where it is done */
    Mischief(Map<String, String> config) {
        this.config = config;
    }

    void at(String place) {
        String wanted = config == null ? null : config.get("mischief");
        if (wanted != null && wanted.startsWith(place + ":")) {
            run(wanted.substring(place.length() + 1));
        }
    }

    static void run(String what) {
        switch (what) {
            case "spin" -> spin();
            case "block" -> block();
            case "heap" -> fillHeap();
            case "memory" -> System.out.println(new byte[Integer.MAX_VALUE].length);
            case "stack" -> recurse(0);
            case "linkage" -> throw new IncompatibleClassChangeError("a linkage error of the plugin");
            case "missing class" -> throw new NoClassDefFoundError("org/example/Missing");
            case "error" -> throw new Error("an error of the plugin");
            case "exit" -> System.exit(17);
            case "halt" -> Runtime.getRuntime().halt(18);
            case "exit reference" -> List.of(19).forEach(System::exit);
            case "threads" -> leaveThreads();
            case "virtual spin" -> {
                for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
                    Thread.ofVirtual().name("unruly-virtual-" + i).start(Mischief::spin);
                }
            }
            default -> throw new IllegalArgumentException(what);
        }
    }

    private static void spin() {
        long turns = 0;
        while (turns >= 0) {
            turns = turns + 1 & Long.MAX_VALUE;
        }
    }

    private static void block() {
        Object lock = new Object();
        boolean interrupted = false;
        while (!interrupted) {
            synchronized (lock) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    // Does not heed it, as bad code does.
                    interrupted = false;
                }
            }
        }
    }

    private static void fillHeap() {
        List<byte[]> all = new ArrayList<>();
        while (true) {
            all.add(new byte[8 << 20]);
        }
    }

    private static int recurse(int depth) {
        return recurse(depth + 1) + 1;
    }

    private static void leaveThreads() {
        for (int i = 0; i < 3; i++) {
            new Thread(() -> {
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }, "unruly-left-" + i).start();
        }
        Executors.newScheduledThreadPool(1, task -> new Thread(task, "unruly-left-pool")).execute(() -> { });
        Runtime.getRuntime().addShutdownHook(new Thread("unruly-left-hook"));
    }
}
