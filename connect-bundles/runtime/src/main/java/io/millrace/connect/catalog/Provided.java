package io.millrace.connect.catalog;

import io.millrace.api.plugin.Plugin;
import io.millrace.api.plugin.PluginScope;
import java.lang.reflect.InvocationTargetException;
import org.apache.kafka.connect.errors.ConnectException;

/**
 * A class and who provides it.
 *
 * @param plugin the plugin, or null for a class of the platform's own stock
 */
public record Provided(Plugin plugin, String className) {

    /** The loader that must be the thread's context class loader while the class runs. */
    public ClassLoader loader() {
        return plugin == null ? Stock.LOADER : plugin.classLoader();
    }

    /** As {@link #loader}; null for a class of the platform's own stock, which looks no class up there once it is made. */
    public ClassLoader pluginLoader() {
        return plugin == null ? null : plugin.classLoader();
    }

    /** @throws ConnectException if the class cannot be loaded, is of another type or its constructor fails */
    public <T> T instantiate(Class<T> type) {
        try (var _ = PluginScope.of(loader())) {
            Class<?> loaded = plugin == null ? Stock.load(className) : plugin.load(className);
            if (!type.isAssignableFrom(loaded)) {
                throw new ConnectException(className + " is no " + type.getName() + "; name a class that is one");
            }
            return type.cast(loaded.getDeclaredConstructor().newInstance());
        } catch (InvocationTargetException e) {
            throw new ConnectException(className + " cannot be made: " + e.getCause(), e.getCause());
        } catch (ReflectiveOperationException | LinkageError e) {
            throw new ConnectException(className + " cannot be loaded: " + (e.getCause() == null ? e : e + ": " + e.getCause()), e);
        }
    }
}
