package io.millrace.structure;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The classes below one package, as they were compiled. */
record Bundle(String name, JavaClasses classes) {

    static final JavaClasses ALL = new ClassFileImporter().importPackages("io.millrace");

    /** @param name the package that all of the bundle's classes are in or below */
    static Bundle of(String name) {
        JavaClasses classes = ALL.that(resideInAPackage(name + ".."));
        if (classes.isEmpty()) {
            throw new IllegalArgumentException("no classes in " + name + ": is its module a dependency of this one?");
        }
        return new Bundle(name, classes);
    }

    /** Of the same bundle; the whole name where there is nothing below the bundle's package. */
    SortedSet<String> packages() {
        return new TreeSet<>(classes.stream().map(JavaClass::getPackageName).map(this::shortName).toList());
    }

    String shortName(String packageName) {
        return packageName.equals(name) ? name : packageName.substring(name.length() + 1);
    }

    /** What uses something else of the project. */
    Stream<Dependency> uses() {
        return classes.stream().flatMap(from -> from.getDirectDependenciesFromSelf().stream())
                .filter(use -> use.getTargetClass().getPackageName().startsWith("io.millrace."));
    }

    boolean contains(JavaClass used) {
        return used.getPackageName().equals(name) || used.getPackageName().startsWith(name + ".");
    }

    /** Whether any of its packages uses another one of them. */
    boolean hasOrder() {
        return uses().filter(use -> contains(use.getTargetClass()))
                .anyMatch(use -> !use.getOriginClass().getPackageName().equals(use.getTargetClass().getPackageName()));
    }

    /** Uses of one package by another that stands behind it in the order, or in it not at all. */
    List<String> against(List<String> order) {
        return uses().filter(use -> contains(use.getTargetClass())).filter(use -> {
            int from = order.indexOf(shortName(use.getOriginClass().getPackageName()));
            int to = order.indexOf(shortName(use.getTargetClass().getPackageName()));
            return from < 0 || to < from;
        }).map(Bundle::told).distinct().sorted().toList();
    }

    static String told(Dependency use) {
        return use.getOriginClass().getName() + " uses " + use.getTargetClass().getName();
    }
}
