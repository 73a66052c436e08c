import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/** What Nest on express costs by itself: one route that answers with a list which is in memory. */

const list = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as object;

@Controller('list')
class ListController {
  @Get()
  get(): object {
    return list;
  }
}

@Module({ controllers: [ListController] })
class BareModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(BareModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  console.log(`listening on ${await app.getUrl()}`);
}

void main();
