package io.millrace.connect.config;

import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.catalog.Isolated;
import io.millrace.connect.catalog.Kind;
import io.millrace.connect.catalog.Provided;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigData;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.provider.ConfigProvider;
import org.apache.kafka.connect.errors.ConnectException;

/**
 * Values that a plugin's config provider knows (KIP-297). Each time another one is asked, so nothing of the plugin is held in between, and it may come,
 * change and go like any other.
 *
 * @param limit how long the provider may take
 */
record ProvidedValues(String name, String className, Map<String, String> settings, Catalog catalog, Duration limit) implements ValueSource {

    @Override
    public Values get(String path, Set<String> names) {
        Provided provided = catalog.find(EnumSet.of(Kind.CONFIG_PROVIDER), className).map(Catalog.Entry::provided)
                .orElseThrow(() -> new ConfigException("config provider " + name + ": there is no class " + className + "; install its plugin"));
        try {
            return Isolated.call("config-provider-" + name, provided.loader(), limit, () -> ask(provided, path, names));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectException("interrupted while config provider " + name + " was asked", e);
        } catch (ConfigException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new ConfigException("config provider " + name + " fails: " + e);
        }
    }

    private Values ask(Provided provided, String path, Set<String> names) throws Exception {
        try (ConfigProvider provider = provided.instantiate(ConfigProvider.class)) {
            provider.configure(settings);
            ConfigData data = provider.get(path, names);
            return new Values(new HashMap<>(data.data()), data.ttl() == null ? Values.FOR_EVER : data.ttl());
        }
    }
}
