package io.millrace.kernel.sweep;

import java.sql.Driver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.osgi.framework.BundleReference;

/** JDBC drivers left with {@link java.sql.DriverManager}, which shows a driver only to callers that can see its class. */
final class Drivers {

    private Drivers() {}

    static List<String> sweep(ClassLoader own) {
        List<String> found = new ArrayList<>();
        Optional<Class<?>> neighbour = own instanceof BundleReference reference ? NeighbourClass.of(reference.getBundle(), own) : Optional.empty();
        if (neighbour.isEmpty()) {
            return found;
        }
        Function<Driver, Enumeration<Driver>> drivers = NeighbourClass.drivers(neighbour.get());
        for (Driver driver : Collections.list(drivers.apply(null))) {
            if (driver.getClass().getClassLoader() == own) {
                drivers.apply(driver);
                found.add("JDBC driver " + driver.getClass().getName());
            }
        }
        return found;
    }
}
