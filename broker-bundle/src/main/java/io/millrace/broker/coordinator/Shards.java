package io.millrace.broker.coordinator;

import io.millrace.broker.metadata.LedPartition;
import io.millrace.broker.metadata.Partitions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All shards of one internal topic. The topic is created and read in the background, right from the start: who comes earlier waits for it
 * instead of being sent away to try again.
 *
 * @param <M> the state in each
 */
public final class Shards<M extends StateMachine> {

    private static final Logger LOG = LoggerFactory.getLogger(Shards.class);
    private static final Map<String, String> CONFIG = Map.of("cleanup.policy", "compact", "segment.bytes", "104857600", "max.message.bytes", "33554432");

    private final String topic;
    private final CompletableFuture<List<Shard<M>>> loaded = new CompletableFuture<>();

    private Shards(String topic) {
        this.topic = topic;
    }

    public static <M extends StateMachine> Shards<M> load(String topic, int partitions, Partitions logs, Clock clock, Clockwork clockwork, Supplier<M> empty) {
        return load(topic, partitions, logs, clock, clockwork, empty, _ -> { });
    }

    /** @param replayed called with all of them before anybody else may, and before anything is due in them */
    public static <M extends StateMachine> Shards<M> load(String topic, int partitions, Partitions logs, Clock clock, Clockwork clockwork, Supplier<M> empty,
            Consumer<List<Shard<M>>> replayed) {
        Shards<M> shards = new Shards<>(topic);
        Thread.ofVirtual().name("load " + topic).start(() -> {
            try {
                long began = System.nanoTime();
                List<Shard<M>> all = new ArrayList<>();
                for (LedPartition led : logs.ensureInternal(topic, partitions, CONFIG)) {
                    all.add(new Shard<>(led, empty, clock, clockwork));
                }
                replayed.accept(all);
                all.forEach(clockwork::add);
                LOG.debug("{}: {} partitions are loaded after {} ms", topic, all.size(), (System.nanoTime() - began) / 1_000_000);
                shards.loaded.complete(List.copyOf(all));
            } catch (Throwable failed) {
                // Whoever came meanwhile waits for it.
                LOG.error("{} cannot be loaded: groups or transactions are not served", topic, failed);
                shards.loaded.completeExceptionally(new CoordinatorNotAvailableException(topic + " cannot be loaded: " + failed.getMessage()));
            }
        });
        return shards;
    }

    /** Blocks until they are loaded. */
    public List<Shard<M>> all() {
        try {
            return loaded.join();
        } catch (CompletionException failed) {
            throw failed.getCause() instanceof RuntimeException cause ? cause : failed;
        }
    }

    /** All, or none as long as they are not loaded. */
    public List<Shard<M>> ifLoaded() {
        return loaded.isDone() && !loaded.isCompletedExceptionally() ? all() : List.of();
    }

    /** The shard of a group or transactional id, as Kafka places it. */
    public Shard<M> of(String key) {
        List<Shard<M>> all = all();
        return all.get((key.hashCode() & Integer.MAX_VALUE) % all.size());
    }

    public boolean contains(TopicPartition partition) {
        return partition.topic().equals(topic);
    }

    public void close() {
        // Whatever is still being loaded ends before the logs under it are closed.
        try {
            all().forEach(Shard::close);
        } catch (RuntimeException notLoaded) {
            LOG.debug("{} was not loaded", topic, notLoaded);
        }
    }
}
