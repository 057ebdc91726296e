package io.millrace.connect.herder;

import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.catalog.Isolated;
import io.millrace.connect.config.Validation;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.config.ConfigDef;

/** What classes of plugins say of themselves; asked on threads that end. */
public final class PluginFacts {

    private final Herder herder;

    public PluginFacts(Herder herder) {
        this.herder = herder;
    }

    /** @return "undefined" if the class does not say, as in Kafka Connect */
    public String version(Catalog.Entry entry) {
        return herder.node().catalog().version(entry);
    }

    public List<Object> definition(Catalog.Entry entry, Function<ConfigDef, List<Object>> use) throws InterruptedException {
        return Isolated.call("config", entry.provided().loader(), herder.node().settings().callLimit(),
                () -> Validation.definitionOf(entry).map(use).orElse(List.of()));
    }
}
