package io.millrace.kernel.sweep;

import java.lang.classfile.ClassFile;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.net.URL;
import java.sql.Driver;
import java.util.Collection;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.osgi.framework.Bundle;
import org.osgi.framework.wiring.BundleWiring;

/**
 * {@link java.sql.DriverManager} as a class of the plugin's sees it: defined beside one of the plugin's own classes when the plugin ends, and
 * gone with its loader.
 */
final class NeighbourClass {

    private static final int MOST_TRIED = 50;
    private static final ClassDesc DRIVER_MANAGER = ClassDesc.of("java.sql.DriverManager");
    private static final ClassDesc DRIVER = ClassDesc.of("java.sql.Driver");
    private static final ClassDesc FUNCTION = ClassDesc.of("java.util.function.Function");

    private NeighbourClass() {}

    /** A class of the plugin that loads without trouble. */
    static Optional<Class<?>> of(Bundle bundle, ClassLoader own) {
        Enumeration<URL> entries = bundle.findEntries("/", "*.class", true);
        Collection<String> paths = entries == null ? nested(bundle) : Collections.list(entries).stream().map(url -> url.getPath().substring(1)).toList();
        return paths.stream().filter(path -> !path.startsWith("META-INF/") && !path.endsWith("-info.class")).limit(MOST_TRIED)
                .<Class<?>>mapMulti((path, found) -> {
                    try {
                        Class<?> type = Class.forName(path.substring(0, path.length() - ".class".length()).replace('/', '.'), false, own);
                        if (type.getClassLoader() == own) {
                            found.accept(type);
                        }
                    } catch (ClassNotFoundException | LinkageError e) {
                        // The next one may do.
                    }
                }).findFirst();
    }

    private static Collection<String> nested(Bundle bundle) {
        BundleWiring wiring = bundle.adapt(BundleWiring.class);
        return wiring == null ? List.of()
                : wiring.listResources("/", "*.class", BundleWiring.LISTRESOURCES_RECURSE | BundleWiring.LISTRESOURCES_LOCAL);
    }

    /** @return gives the drivers for null, and deregisters a driver */
    @SuppressWarnings("unchecked")
    static Function<Driver, Enumeration<Driver>> drivers(Class<?> neighbour) {
        ClassDesc self = ClassDesc.of(neighbour.getPackageName(), "MillraceDrivers");
        byte[] bytes = ClassFile.of().build(self, type -> type
                .withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_FINAL | ClassFile.ACC_SUPER)
                .withInterfaceSymbols(FUNCTION)
                .withMethodBody(ConstantDescs.INIT_NAME, ConstantDescs.MTD_void, ClassFile.ACC_PUBLIC, code -> code
                        .aload(0).invokespecial(ConstantDescs.CD_Object, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void).return_())
                .withMethodBody("apply", MethodTypeDesc.of(ConstantDescs.CD_Object, ConstantDescs.CD_Object), ClassFile.ACC_PUBLIC, code -> {
                    Label given = code.newLabel();
                    code.aload(1).ifnonnull(given)
                            .invokestatic(DRIVER_MANAGER, "getDrivers", MethodTypeDesc.of(ClassDesc.of("java.util.Enumeration"))).areturn()
                            .labelBinding(given).aload(1).checkcast(DRIVER)
                            .invokestatic(DRIVER_MANAGER, "deregisterDriver", MethodTypeDesc.of(ConstantDescs.CD_void, DRIVER))
                            .aconst_null().areturn();
                }));
        try {
            return (Function<Driver, Enumeration<Driver>>) MethodHandles.privateLookupIn(neighbour, MethodHandles.lookup())
                    .defineClass(bytes).getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("nothing can be defined beside " + neighbour.getName() + ": " + e, e);
        }
    }
}
