package io.millrace.kernel.plugin.sample;

import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Calls what no plugin may, in each way there is; and what must not stay behind it. */
public final class Quitter implements Function<String, Object> {

    @Override
    public Object apply(String way) {
        switch (way) {
            case "System.exit" -> System.exit(way.length());
            case "Runtime.exit" -> Runtime.getRuntime().exit(1);
            case "Runtime.halt" -> Runtime.getRuntime().halt(2);
            case "reference" -> {
                IntConsumer quit = System::exit;
                quit.accept(3);
            }
            case "bound reference" -> IntStream.of(4).forEach(Runtime.getRuntime()::halt);
            case "static initializer" -> Worse.nothing();
            case "hook" -> Runtime.getRuntime().addShutdownHook(new Thread(this::stay, "quitter's hook"));
            case "virtual threads" -> {
                CountDownLatch running = new CountDownLatch(4);
                Runnable task = () -> {
                    running.countDown();
                    new Quitter().stay();
                };
                Thread.startVirtualThread(task);
                Thread.ofVirtual().name("named").start(task);
                Thread.ofVirtual().factory().newThread(task).start();
                java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor().execute(task);
                try {
                    running.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            default -> throw new IllegalArgumentException(way);
        }
        // Branches around the calls give the class frames that the verifier checks.
        return way.isEmpty() ? null : way;
    }

    private synchronized void stay() {
        try {
            while (true) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class Worse {

        static {
            if (Runtime.version().feature() > 1) {
                System.exit(5);
            }
        }

        static void nothing() {
            // Only to be initialised.
        }
    }
}
