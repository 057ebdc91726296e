package io.millrace.connect.pipeline;

import io.millrace.api.plugin.PluginScope;
import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.catalog.Kind;
import io.millrace.connect.catalog.Provided;
import io.millrace.connect.catalog.VersionRequirement;
import io.millrace.connect.config.ConnectorConfig;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;

/** A connector's single message transformations in order, each behind its predicate if it has one (KIP-66, KIP-585). For one thread. */
public final class TransformChain<R extends ConnectRecord<R>> implements AutoCloseable {

    private record Condition<R extends ConnectRecord<R>>(Predicate<R> predicate, ClassLoader loader, boolean negate) {}

    private record Step<R extends ConnectRecord<R>>(Transformation<R> transformation, ClassLoader loader, Condition<R> condition) {}

    private final List<Step<R>> steps = new ArrayList<>();
    private final Map<String, Predicate<R>> predicates = new LinkedHashMap<>();
    private final Attempts attempts;

    private TransformChain(Attempts attempts) {
        this.attempts = attempts;
    }

    /**
     * @param uses told of every class the chain uses
     * @throws ConnectException if a class is not there; what was made is closed
     */
    @SuppressWarnings("unchecked")
    static <R extends ConnectRecord<R>> TransformChain<R> open(ConnectorConfig config, Catalog catalog, Attempts attempts, Consumer<Provided> uses) {
        TransformChain<R> chain = new TransformChain<>(attempts);
        try {
            Map<String, ClassLoader> loaders = new HashMap<>();
            for (String alias : config.list(ConnectorConfig.PREDICATES)) {
                Map<String, Object> own = config.withPrefix("predicates." + alias + ".");
                Provided provided = find(catalog, Kind.PREDICATE, alias, own, uses);
                try (var _ = PluginScope.of(provided.loader())) {
                    Predicate<R> predicate = provided.instantiate(Predicate.class);
                    chain.predicates.put(alias, predicate);
                    predicate.configure(own);
                }
                loaders.put(alias, provided.pluginLoader());
            }
            for (String alias : config.list(ConnectorConfig.TRANSFORMS)) {
                Map<String, Object> own = config.withPrefix("transforms." + alias + ".");
                Provided provided = find(catalog, Kind.TRANSFORMATION, alias, own, uses);
                Object predicate = own.remove("predicate");
                boolean negate = Boolean.parseBoolean(String.valueOf(own.remove("negate")));
                if (predicate != null && !chain.predicates.containsKey(predicate)) {
                    throw new ConnectException("transformation " + alias + " names the predicate " + predicate + ", which the list predicates has not");
                }
                try (var _ = PluginScope.of(provided.loader())) {
                    Transformation<R> transformation = provided.instantiate(Transformation.class);
                    chain.steps.add(new Step<>(transformation, provided.pluginLoader(), predicate == null ? null
                            : new Condition<>(chain.predicates.get(predicate), loaders.get(predicate), negate)));
                    transformation.configure(own);
                }
            }
            return chain;
        } catch (RuntimeException | LinkageError e) {
            chain.close();
            throw e;
        }
    }

    /** Takes what says which class it is out of the class's own settings. */
    private static Provided find(Catalog catalog, Kind kind, String alias, Map<String, Object> own, Consumer<Provided> uses) {
        Object type = own.remove("type");
        VersionRequirement version = VersionRequirement.of(own.remove(ConnectorConfig.PLUGIN_VERSION));
        Provided provided = catalog.find(EnumSet.of(kind), String.valueOf(type), version).map(Catalog.Entry::provided)
                .orElseThrow(() -> new ConnectException(kind.word() + " " + alias + ": there is no class " + type + "; install its plugin"));
        uses.accept(provided);
        return provided;
    }

    public boolean isEmpty() {
        return steps.isEmpty();
    }

    /** @return the record as the chain leaves it, or null if a step dropped it */
    R apply(R record) throws StageFailure, InterruptedException {
        R current = record;
        for (Step<R> step : steps) {
            R input = current;
            if (step.condition() == null || test(step.condition(), input)) {
                current = attempts.run(Stage.TRANSFORMATION, step.transformation(), step.loader(), () -> step.transformation().apply(input));
                if (current == null) {
                    return null;
                }
            }
        }
        return current;
    }

    private boolean test(Condition<R> condition, R record) throws StageFailure, InterruptedException {
        return attempts.run(Stage.TRANSFORMATION, condition.predicate(), condition.loader(), () -> condition.predicate().test(record))
                != condition.negate();
    }

    @Override
    public void close() {
        for (Step<R> step : steps) {
            try (var _ = PluginScope.of(step.transformation().getClass().getClassLoader())) {
                Utils.closeQuietly(step.transformation(), "transformation " + step.transformation().getClass().getName());
            }
        }
        predicates.forEach((alias, predicate) -> {
            try (var _ = PluginScope.of(predicate.getClass().getClassLoader())) {
                Utils.closeQuietly(predicate, "predicate " + alias);
            }
        });
    }
}
